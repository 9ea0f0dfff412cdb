"""The first row of a sheet: what it lists, and which column is which. Reads no other row."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from edge_agent.roster import fields
from edge_agent.roster.columns import NAMED_BY, SHEETS, TITLES, Field
from edge_agent.words import Phrase
from edge_agent.words.sentences import phrase

_TRIED = ("workers", "companies", "credentials", "sites")
"""Kinds of sheets in the order in which a header is tried on them."""


class Header:
    """The columns of a sheet of this kind, in the order of the file; or what is wrong with them."""

    def __init__(self, cells: Sequence[str], kind: str) -> None:
        self.kind = kind
        self.fields: list[Field] = []
        self.wrong: list[Phrase] = []
        for number, cell in enumerate(cells, 1):
            self._take(number, fields.plain_head(cell))
        if not self.wrong:
            self._assert_named()

    def _take(self, number: int, plain: str) -> None:
        field = fields.by_call(self.kind).get(plain)
        if field is None:
            self.wrong.append(_unknown(number, plain, fields.by_call(self.kind)))
        elif field in self.fields:
            self.wrong.append(phrase("roster.column-twice", column=field.head))
        else:
            self.fields.append(field)

    def _assert_named(self) -> None:
        known = fields.by_name(self.kind)
        wanted = [[known[name] for name in NAMED_BY[self.kind]]]
        if self.kind == "credentials":
            wanted.append([known["number"]])
        for choice in wanted:
            if not any(each in self.fields for each in choice):
                self.wrong.append(phrase("roster.header", missing=listed([each.head for each in choice])))


def is_known(header: Sequence[str]) -> bool:
    """Return whether any column could be of a roster."""
    plain = {fields.plain_head(cell) for cell in header}
    return any(plain & set(fields.by_call(kind)) for kind in SHEETS)


def kind_of(title: str, header: Sequence[str]) -> str:
    """Return what a sheet lists, by its title, else by its columns."""
    return _by_title(title) or _by_header(header)


def _by_title(title: str) -> str:
    calls = {fields.plain_head(name): kind for kind, told in TITLES.items() for name in (told.en, told.ja)}
    return calls.get(fields.plain_head(title), "")


def _by_header(header: Sequence[str]) -> str:
    plain = [fields.plain_head(cell) for cell in header]

    def fit(kind: str) -> tuple[bool, int, int]:
        calls = fields.by_call(kind)
        known = [calls[each] for each in plain if each in calls]
        is_named = any(each.table == kind and each.name in NAMED_BY[kind] for each in known)
        own = sum(each.table in {kind, "credentials"} for each in known)
        return len(known) == len(plain) and is_named, own, len(known)

    return max(_TRIED, key=fit)


def _unknown(number: int, plain: str, calls: Mapping[str, Field]) -> Phrase:
    # The cell itself is not repeated: in a file without a header it may be a card's number.
    if close := get_close_matches(plain, calls, n=1, cutoff=0.6):
        return phrase("roster.column-like", number=number, like=calls[close[0]].head)
    return phrase("roster.unknown-column", number=number)


def listed(heads: Sequence[Phrase]) -> Phrase:
    """Return the heads, one behind the other."""
    return Phrase(en=", ".join(each.en for each in heads), ja="、".join(each.ja for each in heads))
