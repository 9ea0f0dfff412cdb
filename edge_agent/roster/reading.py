"""From a file to what it says, or to everything that is wrong with it. Knows no ledger and no agent."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.roster import fields, sheet, tokens
from edge_agent.roster.fields import SHEETS, TABLES, TITLES, Field
from edge_agent.roster.mistakes import RosterError, RosterMistake, Wrong
from edge_agent.roster.records import Records, Table
from edge_agent.roster.sheet import Sheet
from edge_agent.roster.values import CLEAR, Value, read_cell
from edge_agent.words import Phrase
from edge_agent.words.sentences import phrase

Moved = Callable[[int], None]
"""Called now and then with how many rows were read so far."""
_STEP_ROWS = 500
_TRIED = ("workers", "companies", "credentials", "sites")
"""Kinds of sheets in the order in which a header is tried on them."""
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
            if len(found) > 1 and not _is_known(header):
                strange.append(each.title)
            elif columns := self._columns(each.title, number, header):
                self._read_rows(_Rows(each.title, columns[0], columns[1]), rows)
        if len(strange) == len(found):
            raise Unusable(phrase("roster.no-roster"))

    def _columns(self, title: str, row: int, header: Sequence[str]) -> tuple[str, list[Field]] | None:
        kind = self._choice.kind or _by_title(title) or _by_header(header)
        calls = fields.by_call(kind)
        columns: list[Field] = []
        wrong: list[Phrase] = []
        for number, cell in enumerate(header, 1):
            plain = fields.plain_head(cell)
            if plain not in calls:
                wrong.append(_unknown(number, plain, calls))
            elif calls[plain] in columns:
                wrong.append(phrase("roster.column-twice", column=calls[plain].head))
            else:
                columns.append(calls[plain])
        named_by = [each for each in SHEETS[kind] if each.name in fields.NAMED_BY[kind] and each.table == kind]
        if not wrong and not any(each in columns for each in named_by):
            wrong.append(phrase("roster.header", missing=_listed([each.head for each in named_by])))
        if not wrong and kind == "credentials" and "number" not in [each.name for each in columns]:
            wrong.append(phrase("roster.header", missing=fields.by_name(kind)["number"].head))
        self.mistakes += [RosterMistake(sheet=title, row=row if title or row > 1 else 0, says=says) for says in wrong]
        return None if wrong else (kind, columns)

    def _read_rows(self, into: "_Rows", rows: Iterator[sheet.Row]) -> None:
        for number, cells in rows:
            if number > sheet.ROWS_MAX + 1:
                raise Unusable(phrase("roster.rows", limit=sheet.ROWS_MAX))
            self._rows += 1
            if self._rows % _STEP_ROWS == 0:
                self._moved(self._rows)
            if cells:
                self.mistakes += into.take(number, cells)
        self.tables += into.tables()


@dataclass(slots=True)
class _Rows:
    """The rows of one sheet."""

    title: str
    kind: str
    columns: list[Field]
    found: dict[str, list[list[str | int | bool | None]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    companies: dict[tuple[Value, ...], int] = field(default_factory=dict)

    def take(self, row: int, cells: Sequence[str]) -> list[RosterMistake]:
        """Take one row in; return what is wrong with it."""
        if len(cells) > len(self.columns):
            says = phrase("roster.cells", count=len(cells), columns=len(self.columns))
            return [RosterMistake(sheet=self.title, row=row, says=says)]
        wrong: list[RosterMistake] = []
        said: dict[tuple[str, str], Value] = {}
        for column, cell in zip(self.columns, cells, strict=False):
            try:
                said[column.table, column.name] = self._read(column, cell)
            except Wrong as exc:
                wrong.append(RosterMistake(sheet=self.title, row=row, column=column.head, says=exc.says))
        try:
            self._number(said)
            self._name(said, has_mistakes=bool(wrong))
        except _WrongIn as exc:
            wrong.append(RosterMistake(sheet=self.title, row=row, column=exc.column, says=exc.says))
        if not wrong:
            self._keep(row, said)
        return wrong

    def tables(self) -> list[Table]:
        """Return what the rows said."""
        names = {name: self._names(name) for name in TABLES}
        return [
            Table(kind=name, sheet=self.title, fields=names[name], rows=self.found[name])
            for name in TABLES
            if self.found[name]
        ]

    def _read(self, column: Field, cell: str) -> Value:
        value = read_cell(column.kind, cell)
        is_name = column.name in fields.NAMED_BY[column.table] or column.name in {"card", "phone", "number"}
        # A dash where the number of somebody would stand: there is none.
        return None if value == CLEAR and is_name else value

    def _number(self, said: dict[tuple[str, str], Value]) -> None:
        if self.kind != "credentials":
            return
        column = fields.by_name("credentials")["number"].head
        number, sort = said.get(("credentials", "number")), said.get(("credentials", "kind")) or "card"
        if ("credentials", "number") in said and number is None:
            raise _WrongIn(column, phrase("roster.empty"))
        if isinstance(number, str):
            try:
                said["credentials", "number"] = tokens.READERS[str(sort)](number)
            except Wrong as exc:
                raise _WrongIn(column, exc.says) from exc

    def _name(self, said: Mapping[tuple[str, str], Value], *, has_mistakes: bool) -> None:
        """Somebody must be named; a company in a list of workers only where anything is said of it."""
        if not has_mistakes and not any(said.get((self.kind, name)) for name in fields.NAMED_BY[self.kind]):
            heads = [each.head for each in self.columns if each.table == self.kind]
            named = [fields.by_name(self.kind)[name].head for name in fields.NAMED_BY[self.kind]]
            raise _WrongIn(
                Phrase(en="", ja=""), phrase("roster.nobody", columns=_listed([each for each in named if each in heads]))
            )
        if self.kind == "workers" and not self._call(said) and any(
            value not in {None, CLEAR} for (table, _), value in said.items() if table == "companies"
        ):
            raise _WrongIn(fields.SHEETS["companies"][2].head, phrase("roster.empty"))

    def _call(self, said: Mapping[tuple[str, str], Value]) -> Value:
        return next((value for name in fields.NAMED_BY["companies"] if (value := said.get(("companies", name)))), None)

    def _keep(self, row: int, said: Mapping[tuple[str, str], Value]) -> None:
        call = self._call(said) if self.kind == "workers" else None
        for name in TABLES:
            columns = [each for each in self.columns if each.table == name]
            values = [said.get((name, each.name)) for each in columns]
            if name == self.kind:
                more = self._of_worker(said, call) if name == "workers" else []
                self.found[name].append([row, *values, *more])
            elif name == "companies" and any(
                value is not None for each, value in zip(columns, values, strict=True) if each.name != "id"
            ):
                self._keep_company(row, values)

    def _of_worker(self, said: Mapping[tuple[str, str], Value], call: Value) -> list[Value]:
        own = [each.name for each in self.columns if each.table == "credentials"]
        company = [call] if self._has_company else []
        return [*(said.get(("credentials", name)) for name in own), *company]

    def _keep_company(self, row: int, values: list[Value]) -> None:
        # The same company stands beside each of its workers: told once.
        if self.companies.setdefault(tuple(values), row) == row:
            self.found["companies"].append([row, *values])

    @property
    def _has_company(self) -> bool:
        return any(each.table == "companies" for each in self.columns)

    def _names(self, table: str) -> list[str]:
        names = [each.name for each in self.columns if each.table == table]
        if table == "workers":
            names += [each.name for each in self.columns if each.table == "credentials"]
            names += ["company"] if self._has_company else []
        return names


class _WrongIn(Wrong):
    """The row does not hold together, in this column."""

    def __init__(self, column: Phrase, says: Phrase) -> None:
        super().__init__(says)
        self.column = column


def _is_known(header: Sequence[str]) -> bool:
    plain = {fields.plain_head(cell) for cell in header}
    return any(plain & set(fields.by_call(kind)) for kind in SHEETS)


def _by_title(title: str) -> str:
    calls = {fields.plain_head(name): kind for kind, told in TITLES.items() for name in (told.en, told.ja)}
    return calls.get(fields.plain_head(title), "")


def _by_header(header: Sequence[str]) -> str:
    plain = [fields.plain_head(cell) for cell in header]

    def fit(kind: str) -> tuple[bool, int]:
        calls = fields.by_call(kind)
        known = [calls[each] for each in plain if each in calls]
        is_named = any(each.table == kind and each.name in fields.NAMED_BY[kind] for each in known)
        return len(known) == len(plain) and is_named, len(known)

    return max(_TRIED, key=fit)


def _unknown(number: int, plain: str, calls: Mapping[str, Field]) -> Phrase:
    # The cell itself is not repeated: in a file without a header it may be a card's number.
    if close := get_close_matches(plain, calls, n=1, cutoff=0.6):
        return phrase("roster.column-like", number=number, like=calls[close[0]].head)
    return phrase("roster.unknown-column", number=number)


def _listed(heads: Sequence[Phrase]) -> Phrase:
    return Phrase(en=", ".join(each.en for each in heads), ja="、".join(each.ja for each in heads))
