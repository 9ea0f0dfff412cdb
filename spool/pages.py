"""Find events in the raw bytes of a spool's file or its log. Believes none without its checksum; needs nothing else.

A row of the table `entry` has a shape of its own (https://sqlite.org/fileformat2.html, sections 1.6 and 2.1): the size
of the record, the row's number, the record's header with the types of four columns, and the columns. The number stands
for the first column, which is therefore empty; the second is the body, the last its checksum. Pages, and the tree they
make, are not needed, so it does not matter which of them are lost. Copies in free pages and in old parts of the log are
found too: an event never changes, so a copy is as good as the row.

Not found: a body that does not fit into one page (about 4,000 bytes: ours have 700), and rows from before there were
checksums.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

CHUNK = 1 << 18
BEFORE = 16
"""Enough for the two numbers before a record's header: at most 3 and 9 bytes."""
HEADER = 8
"""What begins in one chunk and ends in the next; it is then found twice."""
BEHIND = 8192
"""More than the rest of a record that begins in a page."""
PAGE = 4096

# Behind the size of the header: an empty column, a body that is not empty, and two integers. The search is fast by its
# first byte; what follows is only looked at, since a header may begin inside of what looks like one.
_HEADER = re.compile(rb"\x00(?=([\x80-\xff][\x00-\x7f]|[\x0e-\x7f])([\x00-\x06\x08\x09])([\x00-\x06\x08\x09]))")
# The row 1 of four columns, of which the first is that number and the last a time.
_RECEIPT = re.compile(rb"\x01\x05\x00([\x01-\x06\x08\x09])([\x01-\x06\x08\x09])\x06")
FIRST_UTC_NS = 1_700_000_000_000_000_000
_BLOB = 12
_INT_BYTES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body lies, and what stood beside it."""

    seq: int
    crc: int
    recorded_utc_ns: int | None
    offset: int
    size: int


def places(opened: int, *, beat: Callable[[], None]) -> Iterator[Place]:
    """
    Yield every event in this file that is as it was written, in no order, some of them more than once.

    Args:
        opened: The file's descriptor.
        beat: Called before each chunk.

    """
    for base, data, first, end in _chunks(opened, beat):
        for header in _HEADER.finditer(data, first, end):
            if place := _record(data, header, base):
                yield place


def receipts(opened: int, *, beat: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """
    Yield what look like copies of the last receipt: when it was heard, and up to which number it goes.

    They have no checksum: good enough to tell what was lost, not to decide what is kept.
    """
    for _, data, first, end in _chunks(opened, beat):
        for row in _RECEIPT.finditer(data, first, end):
            upto_bytes, other_bytes = _INT_BYTES[row[1][0]], _INT_BYTES[row[2][0]]
            heard = row.end() + upto_bytes + other_bytes
            heard_utc_ns = int.from_bytes(data[heard : heard + 8], signed=True)
            size = heard + 8 - row.start() - 1
            upto = _integer(data[row.end() : row.end() + upto_bytes], row[1][0])
            if (
                upto is not None
                and heard_utc_ns > FIRST_UTC_NS
                and data[row.start() - 1 : row.start()] == bytes([size])
            ):
                yield heard_utc_ns, upto


def _chunks(opened: int, beat: Callable[[], None]) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield where a chunk begins in the file, its bytes, and between which of them something may begin."""
    for start in range(0, os.lseek(opened, 0, os.SEEK_END), CHUNK):
        beat()
        base = max(0, start - BEFORE)
        yield base, read(opened, base, start + CHUNK + BEHIND - base), start - base, start - base + CHUNK + HEADER


def read(opened: int, offset: int, size: int) -> bytes:
    """Return these bytes, fewer at the end of the file; zeros for pages that the disk cannot read."""
    try:
        return os.pread(opened, size, offset)
    except OSError:
        first = offset - offset % PAGE
        pages = b"".join(_page(opened, at) for at in range(first, offset + size, PAGE))
        return pages[offset - first : offset - first + size]


def _page(opened: int, offset: int) -> bytes:
    try:
        return os.pread(opened, PAGE, offset)
    except OSError:
        return bytes(PAGE)


def _record(data: bytes, header: re.Match[bytes], base: int) -> Place | None:
    at, start, kind = header.start() - 1, header.end(3), _varint(header[1])
    if kind % 2 or at < 0 or data[at] != start - at:
        return None
    columns = start + (kind - _BLOB) // 2
    behind = columns + _INT_BYTES[header[2][0]]
    end = behind + _INT_BYTES[header[3][0]]
    seq = _number_before(data, at, payload=end - at)
    crc = _integer(data[behind:end], header[3][0])
    if seq is None or crc is None or crc32(data[start:columns]) != crc:
        return None
    return Place(seq, crc, _integer(data[columns:behind], header[2][0]), base + start, columns - start)


def _number_before(data: bytes, at: int, *, payload: int) -> int | None:
    """Return the row's number, which ends here; None unless the size before it is the record's."""
    start = at - 1
    while start > 0 and data[start - 1] & 0x80:
        start -= 1
    size = bytes([0x80 | payload >> 7, payload & 0x7F]) if payload > 0x7F else bytes([payload])  # noqa: PLR2004
    return _varint(data[start:at]) if 0 < start < at and data.endswith(size, 0, start) else None


def _varint(text: bytes) -> int:
    number = 0
    for byte in text:
        number = number << 7 | byte & 0x7F
    return number


def _integer(text: bytes, kind: int) -> int | None:
    if text:
        return int.from_bytes(text, signed=True)
    return kind - 8 if kind else None  # 8 and 9 stand for 0 and 1
