"""The notice about faces, A4: that they are recognised and why, what is kept, the other way in, whom to ask."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.paper import pictograms
from edge_agent.paper.drawing import A4_MM, Box, Mark, Page, Words
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.notice import NOTICE, NoticePart, notice_in

_EDGE_MM = 10.0
_BLUE, _GREY, _PALE = "#1f4e9e", "#444444", "#eef2f9"
_HEAD_MM = 42.0
_FOOT_MM = 30.0
_PARTS: tuple[NoticePart, ...] = ("purpose", "kept", "choice", "rights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the notice says beside its own words."""

    site: str
    contact: str
    """Whom to ask; empty: the staff of the site."""
    version: str
    """As it is written into each consent."""


def notice(of: Notice) -> Page:
    """Return the notice."""
    width, height = A4_MM
    return Page(width=width, height=height, marks=tuple(_marks(of)), title=NOTICE["title"][1])


def _marks(of: Notice) -> Iterator[Mark]:
    width, height = A4_MM
    yield Box(x=0, y=0, width=width, height=_HEAD_MM - 4, fill=_BLUE)
    yield from pictograms.face(_EDGE_MM, 4)
    room = width - 2 * _EDGE_MM - 36
    for number, text in enumerate(NOTICE["title"][:2]):
        yield Words(
            text=text, x=_EDGE_MM + 36, y=17 + 14 * number, width=room, size=8.5 - 1.5 * number, least=4.5,
            keeps_words=True, is_bold=True, colour="#ffffff", language=("ja", "en")[number],
        )  # fmt: skip
    high = (height - _HEAD_MM - _FOOT_MM) / len(ScreenLanguage)
    for number, language in enumerate(ScreenLanguage):
        yield from _block(language, y=_HEAD_MM + number * high, height=high - 1.5)
    yield from _foot(of, y=height - _FOOT_MM + 4)


def _block(language: ScreenLanguage, *, y: float, height: float) -> Iterator[Mark]:
    width, said = A4_MM[0] - 2 * _EDGE_MM, notice_in(language)
    yield Box(x=_EDGE_MM, y=y, width=width, height=height, radius=1.5, fill=_PALE)
    x, room = _EDGE_MM + 3, width - 6
    yield Words(text=said["title"], x=x, y=y + 5, width=room, size=4, least=3, is_bold=True, colour=_BLUE,
                language=language.value)  # fmt: skip
    # The longest part has room for two lines.
    places = dict(zip(_PARTS, (10.2, 14.9, 23.6, 28.3), strict=True))
    for part, down in places.items():
        yield Words(
            text=said[part], x=x, y=y + down, width=room, size=3.4, least=2.7, lines=2 if part == "kept" else 1,
            language=language.value,
        )  # fmt: skip


def _foot(of: Notice, *, y: float) -> Iterator[Mark]:
    width = A4_MM[0] - 2 * _EDGE_MM
    contact = of.contact or "現場のかかり / site staff"
    yield Words(text=f"問い合わせ / Contact: {contact}", x=_EDGE_MM, y=y + 5, width=width, size=5.5, least=3.2, lines=2,
                is_bold=True)  # fmt: skip
    yield Words(text=f"{of.site}  /  版 {of.version}", x=_EDGE_MM, y=y + 20, width=width, size=3.6, least=2.8,
                colour=_GREY)  # fmt: skip
