"""Tell a log that a power cut has cut off from one that was damaged later. Reads it; changes nothing.

SQLite believes a log up to the first frame with a wrong checksum, and forgets the rest without a word
(https://sqlite.org/fileformat2.html, section 4). That is right for what a power cut leaves: the last commit, of which
nobody was told yet. But every commit is synced before the next one is written. So where more than one commit stands
behind a bad frame, the frame went bad later, and touches that were green are about to be forgotten.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from spool.file import SpoolDamaged, unavailable
from spool.pages import PAGE

HEADER = 32
FRAME_HEADER = 24
FRAME = FRAME_HEADER + PAGE
# The order of bytes in which the checksums were made.
MAGIC = {b"\x37\x7f\x06\x82": "<", b"\x37\x7f\x06\x83": ">"}


def assert_log_whole(path: Path) -> None:
    """
    Look at the log of a file that nobody has open, before SQLite does.

    Raises:
        SpoolDamaged: SQLite would forget commits.
        SpoolUnavailable: It cannot be read.

    """
    try:
        commits = list(_commits(path.with_name(path.name + "-wal")))
        has_file = path.exists() and path.stat().st_size >= PAGE
    except OSError as exc:
        raise unavailable(f"{path}: its log cannot be read", exc) from exc
    # SQLite deletes a log that it finds beside an empty file or none.
    if commits.count(False) > 1 or (commits and not has_file):
        raise SpoolDamaged(f"{path}: commits in the log beside it would be forgotten; the file is damaged")


def _commits(log: Path) -> Iterator[bool]:
    """Yield for each commit of the log's present generation whether SQLite believes everything up to it."""
    if not log.exists():
        return
    with log.open("rb") as file:
        header = file.read(HEADER)
        if len(header) < HEADER:
            return
        order = MAGIC.get(header[:4], "")
        sums = _checksum(header[:24], (0, 0), order or "<")
        is_good = bool(order) and _packed(sums) == header[24:]
        # A broken header does not tell the salts of its generation: then the first frame does.
        salts = header[16:24] if is_good else file.peek(16)[8:16]
        while len(frame := file.read(FRAME)) == FRAME:
            is_ours = frame[8:16] == salts
            if is_good and is_ours:
                sums = _checksum(frame[:8] + frame[FRAME_HEADER:], sums, order)
            is_good = is_good and is_ours and _packed(sums) == frame[16:24]
            if is_ours and frame[4:8] != bytes(4):
                yield is_good


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    one, two = sums
    for first, second in struct.iter_unpack(order + "2I", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _packed(sums: tuple[int, int]) -> bytes:
    return struct.pack(">2I", *sums)
