"""A table as it lies in a file: rows of cells, from CSV. Knows no column."""

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge_agent.config.files import Unusable
from edge_agent.words.sentences import phrase

ROWS_MAX = 200_000
COLUMNS_MAX = 64
SIZE_MAX_B = 64 << 20

Row = tuple[int, list[str]]
"""Its number, the first is 1, and its cells."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    title: str
    """Empty for a file that is one table."""
    rows: Iterable[Row]
    """Raises Unusable while it is read."""


def csv_sheet(content: bytes) -> Sheet:
    """
    Return the table of a CSV file, in whatever way a spreadsheet has written it.

    Raises:
        Unusable: It is no text.

    """
    return Sheet("", _rows(_decoded(content)))


def trimmed(cells: Sequence[str]) -> list[str]:
    """Return the cells without the empty ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def _rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    try:
        for row, cells in enumerate(reader, 1):
            yield row, trimmed(cells)
    except csv.Error as exc:
        raise Unusable(phrase("roster.csv", row=reader.line_num, reason=str(exc))) from exc


def _delimiter(text: str) -> str:
    """The first row names the columns: what cuts it into most of them is what separates."""
    first = text.lstrip("\r\n").splitlines()[:1]
    return max(_DELIMITERS, key=lambda each: _cuts(first, each))


def _cuts(line: list[str], delimiter: str) -> int:
    with contextlib.suppress(csv.Error, StopIteration):
        return len(next(csv.reader(line, delimiter=delimiter)))
    return 0


def _decoded(content: bytes) -> str:
    if content.startswith(_OLD_EXCEL):
        raise Unusable(phrase("roster.old-excel"))
    for encoding in ("utf-8-sig", "cp932"):
        # UTF-16 would pass as Shift_JIS and be nonsense.
        with contextlib.suppress(UnicodeDecodeError):
            if not content.startswith(_UTF16_MARKS):
                return content.decode(encoding)
    raise Unusable(phrase("roster.encoding"))
