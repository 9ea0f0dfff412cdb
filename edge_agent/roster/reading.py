"""From a file to what it says, or to everything that is wrong with it. Knows no ledger and no agent."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.roster import sheet
from edge_agent.roster.header import Header, is_known, kind_of
from edge_agent.roster.mistakes import RosterError, RosterMistake
from edge_agent.roster.records import Records, Table
from edge_agent.roster.rows import Rows
from edge_agent.roster.sheet import Sheet
from edge_agent.words.sentences import phrase

Moved = Callable[[int], None]
"""Called now and then with how many rows were read so far."""
_STEP_ROWS = 500
_WORKBOOK = b"PK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a file is wanted."""

    sheet: str = ""
    """Only this sheet of a workbook; empty: all."""
    kind: str = ""
    """What the table tells of, where its columns leave that open; empty: they tell."""
    with_workbooks: bool = True
    """Whether XLSX may be read: the daemon does not carry the library."""


_ALL = Choice()


def read_roster(path: Path, choice: Choice = _ALL, *, moved: Moved = lambda _rows: None) -> Records:
    """
    Return what a file says: CSV in UTF-8 or Shift_JIS, or XLSX.

    Raises:
        RosterError: With every mistake in the file.

    """
    try:
        content = read_file(path, limit_b=sheet.SIZE_MAX_B)
    except Unusable as exc:
        raise RosterError(str(path), [RosterMistake(says=exc.says)]) from exc
    return parse_roster(content, path, choice, moved=moved)


def parse_roster(content: bytes, path: Path, choice: Choice = _ALL, *, moved: Moved = lambda _rows: None) -> Records:
    """
    Return what the bytes of a file say; `path` only names it.

    Raises:
        RosterError: With every mistake in the file.

    """
    reading = Reading(choice, moved)
    try:
        with _sheets(content, choice) as found:
            reading.read(found)
    except Unusable as exc:
        reading.mistakes.append(RosterMistake(says=exc.says))
    if reading.mistakes:
        raise RosterError(str(path), reading.mistakes)
    return Records(source=_plain_name(path), tables=reading.tables)


@contextlib.contextmanager
def _sheets(content: bytes, choice: Choice) -> Iterator[list[Sheet]]:
    if not content.startswith(_WORKBOOK):
        if choice.sheet:
            raise Unusable(phrase("roster.no-sheets"))
        yield [sheet.csv_sheet(content)]
        return
    if not choice.with_workbooks:
        raise Unusable(phrase("roster.xlsx-here"))
    # Costs 20 MiB: only where there is such a file.
    from edge_agent.roster.workbook import workbook_sheets  # noqa: PLC0415

    with workbook_sheets(content) as found:
        if choice.sheet and choice.sheet not in [each.title for each in found]:
            raise Unusable(phrase("roster.which-sheet", sheets=", ".join(each.title for each in found)))
        yield [each for each in found if choice.sheet in {"", each.title}]


def _plain_name(path: Path) -> str:
    return "".join(char if char.isprintable() else "?" for char in path.name).strip()[:200]


class Reading:
    """What was read so far."""

    def __init__(self, choice: Choice, moved: Moved) -> None:
        self.tables: list[Table] = []
        self.mistakes: list[RosterMistake] = []
        self._choice = choice
        self._moved = moved
        self._rows = 0

    def read(self, found: Sequence[Sheet]) -> None:
        """Read the sheets; one that has nothing to do with a roster is left out, unless it is the only one."""
        strange = []
        for each in found:
            rows = iter(each.rows)
            number, header = next(((number, cells) for number, cells in rows if cells), (1, []))
            if len(found) > 1 and not is_known(header):
                strange.append(each.title)
                continue
            columns = Header(header, self._choice.kind or kind_of(each.title, header))
            row = number if each.title or number > 1 else 0
            self.mistakes += [RosterMistake(sheet=each.title, row=row, says=says) for says in columns.wrong]
            if not columns.wrong:
                self._read_rows(Rows(each.title, columns.kind, columns.fields), rows)
        if len(strange) == len(found):
            raise Unusable(phrase("roster.no-roster"))

    def _read_rows(self, into: Rows, rows: Iterator[sheet.Row]) -> None:
        for number, cells in rows:
            if number > sheet.ROWS_MAX + 1:
                raise Unusable(phrase("roster.rows", limit=sheet.ROWS_MAX))
            self._rows += 1
            if self._rows % _STEP_ROWS == 0:
                self._moved(self._rows)
            if cells:
                self.mistakes += into.take(number, cells)
        self.tables += into.tables()
