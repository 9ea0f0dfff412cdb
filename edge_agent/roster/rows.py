"""What the rows of one sheet say, cell by cell. Knows no file and no ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from edge_agent.roster import fields, tokens
from edge_agent.roster.columns import NAMED_BY, SHEETS, TABLES, Field
from edge_agent.roster.header import listed
from edge_agent.roster.mistakes import RosterMistake, Wrong
from edge_agent.roster.records import Table
from edge_agent.roster.values import CLEAR, Value, read_cell
from edge_agent.words import Phrase
from edge_agent.words.sentences import phrase


@dataclass(slots=True)
class Rows:
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
        for column, cell in zip(self.columns, chain(cells, repeat("")), strict=False):
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
        is_name = column.name in NAMED_BY[column.table] or column.name in {"card", "phone", "number"}
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
        if not has_mistakes and not any(said.get((self.kind, name)) for name in NAMED_BY[self.kind]):
            heads = [each.head for each in self.columns if each.table == self.kind]
            named = [fields.by_name(self.kind)[name].head for name in NAMED_BY[self.kind]]
            raise _WrongIn(
                Phrase(en="", ja=""),
                phrase("roster.nobody", columns=listed([each for each in named if each in heads])),
            )
        if (
            self.kind == "workers"
            and not self._call(said)
            and any(value not in {None, CLEAR} for (table, _), value in said.items() if table == "companies")
        ):
            raise _WrongIn(SHEETS["companies"][2].head, phrase("roster.empty"))

    def _call(self, said: Mapping[tuple[str, str], Value]) -> Value:
        return next((value for name in NAMED_BY["companies"] if (value := said.get(("companies", name)))), None)

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
