"""Tables from and into XLSX, by openpyxl: cells become the text people see. Never loaded into the daemon."""

import contextlib
import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell, WriteOnlyCell
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from edge_agent.config.files import Unusable
from edge_agent.roster.sheet import COLUMNS_MAX, ROWS_MAX, Row, Sheet, trimmed
from edge_agent.roster.values import Numeric
from edge_agent.roster.writing import NotWritable
from edge_agent.words.sentences import phrase

UNPACKED_MAX_B = 512 << 20
PARTS_MAX = 2000
CELLS_MAX = 20_000_000
NOT_COUNTED = "#CALC!"
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_PLACES = 15
"""Digits a spreadsheet keeps of a number."""

# Whatever a broken or hostile file makes the library trip over; it promises no error of its own.
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    SyntaxError,  # that of XML
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    OSError,
    RuntimeError,  # a password; too many levels
    NotImplementedError,
    struct.error,
    zlib.error,
)


def is_workbook(content: bytes) -> bool:
    """Return whether that claims to be one."""
    return content.startswith(b"PK")


@contextmanager
def workbook_sheets(content: bytes) -> Iterator[list[Sheet]]:
    """
    Yield the sheets of a workbook that people see.

    Raises:
        Unusable: It is none, is broken, or is too large once it is unpacked; also while rows are read.

    """
    with _translated(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions, which tell nothing of the cells
        _assert_bounded(content)
        has_formulas = _has_formulas(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            visible = [each for each in book.worksheets if each.sheet_state == "visible"]
            formulas = {each.title: _formulas(content, each.title) for each in visible} if has_formulas else {}
            yield [Sheet(each.title, _rows(each, formulas.get(each.title, {}))) for each in visible]
        finally:
            book.close()


def write_workbook(path: Path, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> None:
    """
    Write sheets: title, heads, rows. Every cell is text, so that no spreadsheet makes a number or a formula of it.

    Raises:
        OSError: The file cannot be written.
        NotWritable: A cell holds what XLSX cannot.

    """
    book = Workbook(write_only=True)
    for title, heads, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, head) for head in heads])
        try:
            for row in rows:
                sheet.append([_cell(sheet, text) if text else None for text in row])
        except IllegalCharacterError as exc:
            raise NotWritable("a row holds a control character, which no workbook can hold; use csv") from exc
    book.save(path)


def _cell(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"  # also where it looks like a formula
    made.number_format = "@"
    return made


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Unusable:
        raise
    except _BROKEN as exc:
        raise Unusable(phrase("roster.xlsx")) from exc


def _assert_bounded(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        # zipfile reads no more of a part than its size says here.
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX_B:
            raise Unusable(phrase("roster.xlsx-large"))


def _rows(sheet: ReadOnlyWorksheet, uncounted: Mapping[int, list[int]]) -> Iterator[Row]:
    with _translated():
        for number, row in enumerate(_bounded(sheet), 1):
            cells = [_text(cell.value) for cell in row]
            for place in uncounted.get(number, ()):
                cells[place] = cells[place] or NOT_COUNTED
            yield number, trimmed(cells)


def _formulas(content: bytes, title: str) -> Mapping[int, list[int]]:
    """Row to places of formulas: one whose value nothing has worked out looks like an empty cell otherwise."""
    with contextlib.closing(load_workbook(io.BytesIO(content), read_only=True)) as book:
        found = {
            number: [place for place, cell in enumerate(row) if cell.data_type == "f"]
            for number, row in enumerate(_bounded(book[title]), 1)
        }
        return {number: places for number, places in found.items() if places}


def _bounded(sheet: ReadOnlyWorksheet) -> "Iterator[tuple[Cell | MergedCell, ...]]":
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    cells = 0
    for row in sheet.iter_rows(max_row=ROWS_MAX + 2):  # type: ignore[misc]  # the stubs mix up the two kinds of sheets
        cells += len(row)
        if cells > CELLS_MAX:  # a cell far to the right costs all that are left of it
            raise Unusable(phrase("roster.xlsx-large"))
        yield row[: COLUMNS_MAX + 1]


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sheets = [part for part in packed.infolist() if part.filename.startswith("xl/worksheets/")]
        return any(_FORMULA.search(packed.read(part)) for part in sheets)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return Numeric(_number(value))
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case _:
            return str(value)


def _number(value: float) -> str:
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return f"{value:.{_PLACES}g}"
