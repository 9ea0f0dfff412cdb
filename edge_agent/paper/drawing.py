"""What a printed page is made of, in millimetres from its upper left corner. Knows neither SVG nor PDF."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

INK = "#111111"
PAPER = "#ffffff"
A4_MM = (210.0, 297.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in a room of a certain width: smaller, then broken into lines, then cut, until it fits."""

    text: str
    x: float
    y: float
    """The base of the first line."""
    width: float
    size: float
    """Height of the type, if there is room."""
    least: float
    """Height below which nobody could read it: then it is broken or cut instead."""
    lines: int = 1
    keeps_words: bool = False
    """Break Japanese at blanks alone, as text for learners is written (分かち書き)."""
    anchor: Anchor = "start"
    is_bold: bool = False
    colour: str = INK
    language: str = "ja"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, with round corners if wanted."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Points joined by straight lines; a filled one is closed."""

    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str = INK


@dataclass(frozen=True, slots=True, kw_only=True)
class Squares:
    """A QR code: dark squares on white, with its quiet zone."""

    x: float
    y: float
    side: float
    rows: tuple[tuple[bool, ...], ...]

    @property
    def bars(self) -> Iterable[tuple[float, float, float, float]]:
        """The dark runs of each row: x, y, width, height."""
        module = self.side / len(self.rows)
        for number, row in enumerate(self.rows):
            at = 0
            while at < len(row):
                end = at
                while end < len(row) and row[end]:
                    end += 1
                if end > at:
                    yield self.x + at * module, self.y + number * module, (end - at) * module, module
                at = end + 1


Mark = Words | Box | Shape | Disk | Squares


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One side of paper."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    title: str = ""


def arc(x: float, y: float, radius: float, first_deg: float, last_deg: float) -> tuple[Point, ...]:
    """Return points of an arc, clockwise from the right hand, near enough for any printer."""
    steps = 24
    angles = [math.radians(first_deg + (last_deg - first_deg) * step / steps) for step in range(steps + 1)]
    return tuple((x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles)
