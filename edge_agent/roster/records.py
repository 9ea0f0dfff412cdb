"""What a roster says, row by row, as it travels to the running agent: small tables of plain values. Decides nothing."""

from collections.abc import Mapping

import msgspec

from edge_agent.roster import tokens
from edge_agent.roster.choices import SORT, STATE
from edge_agent.roster.columns import NAMED_BY, SHEETS, TABLES
from edge_agent.roster.values import CLEAR, NUMBER, TEXT, Kind, Value


class Table(msgspec.Struct, kw_only=True):
    """Rows about one kind of thing."""

    kind: str
    """One of `columns.TABLES`."""
    sheet: str = ""
    fields: list[str]
    rows: list[list[str | int | bool | None]]
    """Each begins with its number in the file; then a value for each field, as `values.Value` has it."""


class Records(msgspec.Struct, kw_only=True):
    """Everything a file says."""

    source: str
    """The file's name, without its folder."""
    tables: list[Table] = msgspec.field(default_factory=list)

    def of(self, kind: str) -> list[Table]:
        """Return the tables about this kind of thing."""
        return [table for table in self.tables if table.kind == kind]

    def __len__(self) -> int:
        return sum(len(table.rows) for table in self.tables)


class Malformed(Exception):
    """Somebody sent what this module would not make. The message says what."""


def records(told: object) -> Records:
    """
    Return what came over the control socket, when it is what the columns allow.

    Raises:
        Malformed: It is not.

    """
    try:
        found = msgspec.convert(told, Records)
    except msgspec.ValidationError as exc:
        raise Malformed(str(exc)) from exc
    if not TEXT.holds(found.source):
        raise Malformed("the source is no plain text")
    for table in found.tables:
        _assert_formed(table)
    return found


def _assert_formed(table: Table) -> None:
    kinds = KINDS.get(table.kind, {})
    if unknown := [name for name in table.fields if name not in kinds]:
        raise Malformed(f"{table.kind}: no field {unknown[0]!r}")
    if len(set(table.fields)) < len(table.fields) or not TEXT.holds(table.sheet):
        raise Malformed(f"{table.kind}: a field twice, or no plain title")
    holds = [kinds[name].holds for name in table.fields]
    for row in table.rows:
        if len(row) != len(holds) + 1 or type(row[0]) is not int:
            raise Malformed(f"{table.kind}: a row has its number and {len(holds)} values")
        for fits, value in zip(holds, row[1:], strict=True):
            if value is not None and value != CLEAR and not fits(value):
                raise Malformed(f"{table.kind}: row {row[0]} holds what its column does not allow")
        _assert_named(table.kind, row[0], given(table, row))


def _assert_named(kind: str, row: int, said: Mapping[str, Value]) -> None:
    if not any(said.get(name) for name in NAMED_BY[kind]):
        raise Malformed(f"{kind}: row {row} tells of nobody")
    if kind == "credentials" and not tokens.is_number(said.get("number"), str(said.get("kind") or "card")):
        raise Malformed(f"{kind}: row {row} has no number of its kind")


def given(table: Table, row: list[str | int | bool | None]) -> dict[str, Value]:
    """Return what a row says, without what it leaves open."""
    return {name: value for name, value in zip(table.fields, row[1:], strict=True) if value is not None}


def _kinds() -> Mapping[str, Mapping[str, Kind]]:
    found: dict[str, dict[str, Kind]] = {table: {} for table in TABLES}
    for fields in SHEETS.values():
        for field in fields:
            found[field.table].setdefault(field.name, field.kind)
    # How a list of workers names the company: by number, 事業者ID or name.
    found["workers"] |= {"company": TEXT, "card": tokens.CARD, "phone": tokens.PHONE}
    found["credentials"] = {"id": NUMBER, "ccus": found["workers"]["ccus"], "own": NUMBER}
    found["credentials"] |= {"kind": SORT, "number": tokens.ANY, "state": STATE}
    return found


KINDS = _kinds()
"""Table to its fields and what each holds."""
