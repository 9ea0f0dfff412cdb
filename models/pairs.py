"""
Tables of a test: which pictures to compare, whom to enrol and to search for. Reads CSV; opens no picture.

Pairs: columns `a`, `b`, `same` (0 or 1), and `group` if wanted. People: `image`, `identity`, `role`, which is `gallery`
(enrolled), `probe` (searched for, enrolled) or `unknown` (searched for, not enrolled). Other columns are left alone.
Names of pictures are relative to the root folder.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

Role = Literal["gallery", "probe", "unknown"]
_Row = TypeVar("_Row")

_TOLD_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a table something stands."""

    table: Path
    line: int
    """From 1, which is the head."""
    column: str

    def __str__(self) -> str:
        return f"{self.table}, line {self.line}, column {self.column!r}"


class TableWrong(Exception):
    """A table cannot be used. The message names every place, up to twenty, and what to write there."""

    def __init__(self, faults: list[str]) -> None:
        more = [f"... and {len(faults) - _TOLD_MAX} more"] if len(faults) > _TOLD_MAX else []
        super().__init__("\n".join([*faults[:_TOLD_MAX], *more]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A picture, and the first place that names it."""

    path: Path
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two pictures to compare."""

    a: Named
    b: Named
    is_same: bool
    """Whether both show the same person."""
    group: str
    """Empty where the table has no such column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture of somebody, and what to do with it."""

    image: Named
    identity: str
    role: Role


class _Cells:
    """One line of a table."""

    def __init__(self, table: Path, line: int, cells: Mapping[str | Any, str | Any], root: Path) -> None:
        self._table, self._line, self._root = table, line, root
        self._cells = {column: str(cell or "").strip() for column, cell in cells.items() if column is not None}
        self.faults: list[str] = []
        if None in cells:
            self.faults.append(f"{table}, line {line}: more cells than the head has columns")

    def has(self, column: str) -> bool:
        return column in self._cells

    def text(self, column: str) -> str:
        if not self._cells[column]:
            self.wrong(column, "is empty")
        return self._cells[column]

    def one_of(self, column: str, allowed: tuple[str, ...]) -> str:
        value = self.text(column)
        if value and value not in allowed:
            self.wrong(column, f"{value!r} is none of {', '.join(allowed)}")
        return value

    def picture(self, column: str) -> Named:
        name = self.text(column)
        path = self._root / name
        if name and not path.is_file():
            self.wrong(column, f"no such file: {path}")
        return Named(path=path, place=self.place(column))

    def place(self, column: str) -> Place:
        return Place(table=self._table, line=self._line, column=column)

    def wrong(self, column: str, why: str) -> None:
        self.faults.append(f"{self.place(column)}: {why}")


def read_pairs(table: Path, root: Path) -> list[Pair]:
    """
    Return the pairs of a table, in its order.

    Raises:
        TableWrong: It cannot be read, or a line of it is wrong.

    """
    return _read(table, root, columns=("a", "b", "same"), row=_pair)


def read_people(table: Path, root: Path) -> list[Shown]:
    """
    Return the people of a table, in its order.

    Raises:
        TableWrong: It cannot be read, a line of it is wrong, somebody is enrolled twice, a probe is of somebody who
            is not enrolled, or an unknown is.

    """
    people = _read(table, root, columns=("image", "identity", "role"), row=_shown)
    if faults := list(_contradictions(people)):
        raise TableWrong(faults)
    return people


def _read(table: Path, root: Path, *, columns: tuple[str, ...], row: Callable[[_Cells], _Row]) -> list[_Row]:
    rows: list[_Row] = []
    faults: list[str] = []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            for cells in _lines(csv.DictReader(file, strict=True), table, root, columns):
                rows.append(row(cells))
                faults += cells.faults
    except OSError as exc:
        raise TableWrong([f"{table}: cannot be read: {exc.strerror}"]) from exc
    except UnicodeDecodeError as exc:
        raise TableWrong([f"{table}: is no text in UTF-8; save it as CSV in UTF-8"]) from exc
    except csv.Error as exc:
        raise TableWrong([f"{table}: is no CSV: {exc}"]) from exc
    if not rows:
        faults.append(f"{table}: has no line below the head")
    if faults:
        raise TableWrong(faults)
    return rows


def _lines(reader: "csv.DictReader[str]", table: Path, root: Path, columns: tuple[str, ...]) -> Iterator[_Cells]:
    head = reader.fieldnames or []
    if absent := [column for column in columns if column not in head]:
        begins = f"it begins with {','.join(head)[:80]!r}" if head else "it is empty"
        raise TableWrong([f"{table}, line 1: column {absent[0]!r} is missing: {begins}; wanted: {','.join(columns)}"])
    for cells in reader:
        yield _Cells(table, reader.line_num, cells, root)


def _pair(cells: _Cells) -> Pair:
    group = cells.text("group") if cells.has("group") else ""
    return Pair(
        a=cells.picture("a"), b=cells.picture("b"), is_same=cells.one_of("same", ("0", "1")) == "1", group=group
    )


def _shown(cells: _Cells) -> Shown:
    role = cells.one_of("role", get_args(Role))
    return Shown(image=cells.picture("image"), identity=cells.text("identity"), role=cast("Role", role))


def _contradictions(people: list[Shown]) -> Iterator[str]:
    enrolled: dict[str, Place] = {}
    for shown in people:
        if shown.role != "gallery":
            continue
        if shown.identity in enrolled:
            first = enrolled[shown.identity].line
            yield f"{_identity(shown)}: {shown.identity!r} is in the gallery already, at line {first}; one picture each"
        enrolled.setdefault(shown.identity, shown.image.place)
    for shown in people:
        if (shown.role == "probe") and shown.identity not in enrolled:
            yield f"{_identity(shown)}: {shown.identity!r} is a probe and not in the gallery; write the role unknown"
        if shown.role == "unknown" and shown.identity in enrolled:
            yield f"{_identity(shown)}: {shown.identity!r} is unknown and in the gallery; write the role probe"


def _identity(shown: Shown) -> Place:
    return Place(table=shown.image.place.table, line=shown.image.place.line, column="identity")
