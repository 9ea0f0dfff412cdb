"""Badges on paper: one card of a card printer, or ten on a sheet of A4 with marks to cut along."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge_agent.paper.code import code
from edge_agent.paper.drawing import A4_MM, Box, Mark, Page, Shape, Words

CARD_MM = (85.6, 54.0)
"""ID-1 (ISO/IEC 7810): a bank card."""
ACROSS, DOWN = 2, 5
ON_A_SHEET = ACROSS * DOWN
_CODE_MM = 40.0
_MARK_MM = 4.0
_GREY = "#555555"
_BAND = "#1f4e9e"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedBadge:
    """What is on one badge, for people and for readers."""

    text: str
    """For readers: the signed text."""
    name: str
    company: str
    worker: str
    """Id."""
    last_day: str
    """ISO date."""
    serial: str
    """16 hex digits: what is needed to revoke it."""
    site: str


def in_fours(text: str) -> str:
    """Return a number in groups of four; other ids as they are."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4)) if text.isdigit() else text


def cards(badges: Sequence[PrintedBadge]) -> list[Page]:
    """Return a page of the size of a bank card for each badge."""
    width, height = CARD_MM
    return [Page(width=width, height=height, marks=(*_face(each, 0, 0),), title=_title(each)) for each in badges]


def sheets(badges: Sequence[PrintedBadge]) -> list[Page]:
    """Return sheets of A4, ten badges on each."""
    return [_sheet(badges[at : at + ON_A_SHEET]) for at in range(0, len(badges), ON_A_SHEET)]


def _sheet(badges: Sequence[PrintedBadge]) -> Page:
    width, height = A4_MM
    left, top = (width - ACROSS * CARD_MM[0]) / 2, (height - DOWN * CARD_MM[1]) / 2
    marks: list[Mark] = list(_cut_marks(left, top))
    for number, each in enumerate(badges):
        row, column = divmod(number, ACROSS)
        marks += _face(each, left + column * CARD_MM[0], top + row * CARD_MM[1])
    return Page(width=width, height=height, marks=tuple(marks), title=_title(badges[0]))


def _title(badge: PrintedBadge) -> str:
    return f"QR {badge.site}"


def _cut_marks(left: float, top: float) -> Iterator[Mark]:
    # In the margins alone: a mark between two badges would be left on one of them.
    right, bottom = left + ACROSS * CARD_MM[0], top + DOWN * CARD_MM[1]
    for column in range(ACROSS + 1):
        x = left + column * CARD_MM[0]
        yield _cut((x, top - 1), (x, top - 1 - _MARK_MM))
        yield _cut((x, bottom + 1), (x, bottom + 1 + _MARK_MM))
    for row in range(DOWN + 1):
        y = top + row * CARD_MM[1]
        yield _cut((left - 1, y), (left - 1 - _MARK_MM, y))
        yield _cut((right + 1, y), (right + 1 + _MARK_MM, y))


def _cut(start: tuple[float, float], end: tuple[float, float]) -> Shape:
    return Shape(points=(start, end), stroke="#000000", stroke_width=0.15)


def _face(badge: PrintedBadge, x: float, y: float) -> Iterator[Mark]:
    width, height = CARD_MM
    yield Box(x=x + 3, y=y + 3, width=width - 6, height=6.5, radius=1, fill=_BAND)
    yield Words(
        text=badge.site, x=x + 5, y=y + 7.5, width=width - 10, size=3.6, least=2.2, is_bold=True, colour="#ffffff"
    )
    yield code(badge.text, x=x + 2.5, y=y + 11, side=_CODE_MM)
    at, room = x + _CODE_MM + 4, width - _CODE_MM - 7.5
    yield Words(text=badge.name, x=at, y=y + 18, width=room, size=5.2, least=2.9, lines=2, is_bold=True)
    yield Words(text=badge.company, x=at, y=y + 28.5, width=room, size=3.2, least=2.4, lines=2)
    yield _label("技能者ID / ID", at, y + 36.3, room)
    yield Words(text=in_fours(badge.worker), x=at, y=y + 40.3, width=room, size=3.8, least=1.6, is_bold=True)
    yield _label("有効期限 / until", at, y + 44.2, room)
    yield Words(text=badge.last_day, x=at, y=y + 48.2, width=room, size=3.8, least=2.4, is_bold=True)
    yield _label(f"No. {in_serial_groups(badge.serial)}", at, y + height - 2.6, room)


def in_serial_groups(serial: str) -> str:
    """Return a serial as people type it: in groups of four with hyphens."""
    return "-".join(serial[at : at + 4] for at in range(0, len(serial), 4)).upper()


def _label(text: str, x: float, y: float, room: float) -> Words:
    return Words(text=text, x=x, y=y, width=room, size=2.2, least=1.8, colour=_GREY)
