"""The site's own poster, A4: which site, which number to ring, the site's code, what to do in pictures and words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge_agent.paper import pictograms
from edge_agent.paper.code import code
from edge_agent.paper.drawing import A4_MM, Box, Disk, Mark, Page, Words
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.poster import Part, said

NOTICES_MAX = 4
_EDGE_MM = 9.5
_BLUE, _GREY, _PALE = "#1f4e9e", "#444444", "#eef2f9"
_CODE_MM = 46.0
_STEP_WIDTH_MM, _STEP_HEIGHT_MM = 94.0, 73.0
_GAP_MM = 3.0
_STEPS_FROM_MM = 113.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """What a poster says beside its own words."""

    site: str
    """Name."""
    site_id: str
    phone: str
    """The number to ring; empty: none, and nothing is said of telephones."""
    sign: str
    """For readers: the site's signed text, or an address that ends in it; empty: no code."""
    notices: Sequence[str] = ()
    """Lines of the site's own, at the bottom: at most four."""


def poster(of: Poster) -> Page:
    """Return the poster."""
    width, height = A4_MM
    return Page(width=width, height=height, marks=tuple(_marks(of)), title=of.site)


def _marks(of: Poster) -> Iterator[Mark]:
    yield from _head(of)
    yield from _middle(of)
    steps: list[tuple[Part, Callable[[float, float], Iterator[Mark]]]] = [
        ("card", pictograms.card),
        ("badge", pictograms.badge),
        ("phone", pictograms.phone),
        ("ask", pictograms.ask),
    ]
    shown = [step for step in steps if step[0] != "phone" or of.phone]
    for number, (part, picture) in enumerate(shown):
        row, column = divmod(number, 2)
        x = _EDGE_MM + column * (_STEP_WIDTH_MM + _GAP_MM)
        y = _STEPS_FROM_MM + row * (_STEP_HEIGHT_MM + _GAP_MM)
        yield from _step(number + 1, part, picture, x, y)
    yield from _foot(of)


def _head(of: Poster) -> Iterator[Mark]:
    width, _ = A4_MM
    yield Box(x=0, y=0, width=width, height=26, fill=_BLUE)
    yield Words(
        text=of.site, x=width / 2, y=17.5, width=width - 2 * _EDGE_MM, size=12, least=5.5, anchor="middle",
        is_bold=True, colour="#ffffff",
    )  # fmt: skip


def _middle(of: Poster) -> Iterator[Mark]:
    right = A4_MM[0] - _EDGE_MM
    room = right - _EDGE_MM - ((_CODE_MM + 8) if of.sign else 0)
    (_, japanese), *others = said("title")
    yield Words(
        text=japanese,
        x=_EDGE_MM,
        y=37,
        width=room,
        size=8.2,
        least=6,
        lines=2,
        keeps_words=True,
        is_bold=True,
        colour=_BLUE,
    )
    for number, (language, text) in enumerate(others):
        yield Words(
            text=text, x=_EDGE_MM, y=55 + 5.9 * number, width=room, size=4.2, least=3.4, language=language.value
        )
    if of.phone:
        yield Words(
            text=of.phone, x=_EDGE_MM + 13, y=105, width=room - 13, size=17, least=9, is_bold=True, language="en"
        )
        yield Box(x=_EDGE_MM + 1, y=90.5, width=8.5, height=16.5, radius=1.5, fill=_BLUE)
        yield Box(x=_EDGE_MM + 2.1, y=92.8, width=6.3, height=10.5, fill="#ffffff")
        yield Disk(x=_EDGE_MM + 5.25, y=105.1, radius=0.9, fill="#ffffff")
    if of.sign:
        x = right - _CODE_MM
        yield Box(x=x - 1.5, y=30.5, width=_CODE_MM + 3, height=_CODE_MM + 14, radius=2, stroke=_BLUE, stroke_width=0.6)
        yield code(of.sign, x=x, y=32, side=_CODE_MM)
        yield Words(
            text=of.site_id,
            x=x + _CODE_MM / 2,
            y=82.5,
            width=_CODE_MM - 2,
            size=5,
            least=2.6,
            anchor="middle",
            is_bold=True,
        )
        yield Words(
            text="現場のQR / Site code", x=x + _CODE_MM / 2, y=88, width=_CODE_MM - 2, size=3.2, least=2.6,
            anchor="middle", colour=_GREY,
        )  # fmt: skip


def _step(
    number: int, part: Part, picture: Callable[[float, float], Iterator[Mark]], x: float, y: float
) -> Iterator[Mark]:
    yield Box(x=x, y=y, width=_STEP_WIDTH_MM, height=_STEP_HEIGHT_MM, radius=3, fill=_PALE)
    yield Disk(x=x + 8, y=y + 8.5, radius=5, fill=_BLUE)
    yield Words(
        text=str(number), x=x + 8, y=y + 11, width=8, size=7, least=6, anchor="middle", is_bold=True,
        colour="#ffffff", language="en",
    )  # fmt: skip
    yield from picture(x + 2, y + 27)
    at, room = x + 34, _STEP_WIDTH_MM - 36
    for language, text in said(part):
        if language is ScreenLanguage.JA:
            yield Words(
                text=text,
                x=x + 16,
                y=y + 8,
                width=_STEP_WIDTH_MM - 19,
                size=5.4,
                least=4.4,
                lines=2,
                keeps_words=True,
                is_bold=True,
            )
    for row, (language, text) in enumerate(said(part)[1:]):
        yield Words(
            text=text, x=at, y=y + 22.5 + 8.7 * row, width=room, size=3.6, least=3.2, lines=2, language=language.value
        )


def _foot(of: Poster) -> Iterator[Mark]:
    for number, line in enumerate(of.notices[:NOTICES_MAX]):
        yield Words(text=line, x=_EDGE_MM, y=270 + 6.5 * number, width=A4_MM[0] - 2 * _EDGE_MM, size=5, least=3.2)
