"""What a roster changes: rows of the ledger, before and after. Plain values; compares nothing."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge_agent.core.touch import CredentialRef
from edge_agent.ledger.roster import COLUMNS, Line
from edge_agent.roster.columns import TABLES
from edge_agent.roster.mistakes import RosterMistake
from edge_agent.roster.records import KINDS

ENDED = "ended"
"""In the origin of a `valid_to`: a complete list no longer named the worker. Whoever is named again comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that becomes another."""

    kind: str
    what: str
    """added, changed, ended, moved."""
    before: Line | None
    after: Line

    @property
    def fields(self) -> Iterator[tuple[str, object, object]]:
        """Yield name, old and new value of what differs; the old one is None in a new row."""
        for place, name in enumerate(COLUMNS[self.kind]):
            old = None if self.before is None else self.before[place]
            default = self.before is None and self.after[place] in {"", None}
            if name != "origin" and old != self.after[place] and not default:
                yield name, old, self.after[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a roster changes, or everything that speaks against it."""

    changes: tuple[Change, ...]
    mistakes: tuple[RosterMistake, ...]
    same: Mapping[str, int]
    """Table to how many rows stay as they are."""

    def counts(self) -> dict[str, dict[str, int]]:
        """Return table to kind of change to number."""
        found = Counter((change.kind, change.what) for change in self.changes)
        told = ("added", "changed", "moved", "ended")
        return {
            kind: {what: found[kind, what] for what in told if found[kind, what]} | {"same": self.same.get(kind, 0)}
            for kind in TABLES
        }

    def named(self) -> list[tuple[CredentialRef, str]]:
        """Return the credentials that get an owner, with the owner."""
        return [
            (CredentialRef(str(change.after[0])), str(change.after[1]))
            for change in self.changes
            if change.kind == "credentials" and change.after[3] == "active" and change.what != "changed"
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """In what way a roster is meant."""

    day: str = ""
    """Today, UTC; empty while the date is not known."""
    yesterday: str = ""
    """The last day of who is no longer listed, as the site counts days."""
    is_complete: bool = False
    """Who is not listed belongs to the site no longer."""
    may_move: bool = False
    """A card may go from one worker to another."""


def origins(line: Line | None) -> dict[str, list[str]]:
    """Return field to source and UTC day; nothing of a row that is not there."""
    try:
        told = json.loads(str(line[-1])) if line else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def origin(line: Line, name: str) -> list[str]:
    """Return from which source a field is, and of which UTC day; empty where nobody noted it."""
    told = origins(line).get(name)
    return [str(each) for each in told] if isinstance(told, list) else []


def _defaults(kind: str) -> Line:
    kinds = KINDS[kind]
    return tuple(kinds[name].default if name in kinds else "" for name in COLUMNS[kind])


PLACES: Mapping[str, Mapping[str, int]] = {
    kind: {name: place for place, name in enumerate(columns)} for kind, columns in COLUMNS.items()
}
DEFAULTS: Mapping[str, Line] = {kind: _defaults(kind) for kind in TABLES}
"""Table to a row of which nothing is known."""
