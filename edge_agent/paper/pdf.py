"""Write pages as PDF, with the fonts of this machine embedded as far as they are used."""

from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import assert_never

from fpdf import FPDF
from fpdf.fonts import TTFFont

from edge_agent.paper import fonts
from edge_agent.paper.drawing import PAPER, Box, Disk, Mark, Page, Shape, Squares, Words
from edge_agent.paper.fitting import LINE_HEIGHT, fitted

_MM_PER_POINT = 25.4 / 72
_ASCENT = 0.8
_OVERLAP = 1.03


def pdf(pages: Sequence[Page], *, made_s: int) -> bytes:
    """
    Return the pages as one document.

    Args:
        pages: In their order.
        made_s: When, seconds since 1970: the same pages make the same bytes.

    Raises:
        NoFont: A character of a text is in no font of this machine.

    """
    drawing = _Drawing()
    drawing.document.set_creation_date(datetime.fromtimestamp(made_s, UTC))
    if pages:
        drawing.document.set_title(pages[0].title)
    try:
        for page in pages:
            drawing.page(page)
        return bytes(drawing.document.output())
    finally:
        drawing.close()


class _Drawing:
    """A document being drawn."""

    def __init__(self) -> None:
        self.document = FPDF(unit="mm")
        self.document.set_auto_page_break(auto=False)
        self.document.c_margin = 0
        self._known: list[tuple[str, Container[int]]] = []
        self._font_of_char: dict[str, str] = {}
        for font in fonts.found():
            self.document.add_font(font.name, "", font.regular)
            self.document.add_font(font.name, "B", font.bold)
            self._known.append((font.name, self.document.fonts[font.name].cmap))  # type: ignore[union-attr]  # one from a file has it
        self.document.set_text_shaping(use_shaping_engine=True)

    def close(self) -> None:
        for font in self.document.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def page(self, page: Page) -> None:
        orientation = "portrait" if page.width <= page.height else "landscape"
        short, long = sorted((page.width, page.height))
        self.document.add_page(orientation=orientation, format=(short, long))
        for mark in page.marks:
            self._mark(mark)

    def _mark(self, mark: Mark) -> None:
        match mark:
            case Words():
                self._words(mark)
            case Box():
                self._box(mark)
            case Shape():
                self._shape(mark)
            case Disk():
                self.document.set_fill_color(mark.fill)
                self.document.circle(mark.x, mark.y, mark.radius, style="F")
            case Squares():
                self._squares(mark)
            case other:
                assert_never(other)

    def _words(self, words: Words) -> None:
        style = "B" if words.is_bold else ""
        size, lines = fitted(words, lambda text, size: self._measure(text, size, style))
        self.document.set_text_color(words.colour)
        for number, line in enumerate(lines):
            shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * self._measure(line, size, style)
            self._line(line, words.x - shift, words.y + number * LINE_HEIGHT * size, size, style)

    def _line(self, line: str, x: float, y: float, size: float, style: str) -> None:
        for run in self._runs(line):
            width = self._measure(run, size, style)  # sets the run's font
            # cell() shapes, text() does not. Its base line is 0.8 of the type below its top.
            self.document.set_xy(x, y - _ASCENT * size)
            self.document.cell(w=width, h=size, text=run)
            x += width

    def _measure(self, text: str, size: float, style: str) -> float:
        total = 0.0
        for run in self._runs(text):
            self.document.set_font(self._font_of(run[0]), style, size / _MM_PER_POINT)
            total += self.document.get_string_width(run)
        return total

    def _runs(self, text: str) -> Iterator[str]:
        """Yield the parts of a text that are in one font: shaping wants each whole."""
        for _, chars in groupby(text, self._font_of):
            yield "".join(chars)

    def _font_of(self, char: str) -> str:
        found = self._font_of_char.get(char)
        if found is None:
            found = next((name for name, cmap in self._known if ord(char) in cmap), "")
            self._font_of_char[char] = found
        if not found:
            raise fonts.NoFont(
                f"no font here has {char!a}: apt-get install {fonts.package_for(char)}; or print as .svg"
            )
        return found

    def _box(self, box: Box) -> None:
        style = self._paint(box)
        self.document.rect(
            box.x, box.y, box.width, box.height, style=style, round_corners=box.radius > 0, corner_radius=box.radius
        )

    def _shape(self, shape: Shape) -> None:
        style = self._paint(shape)
        if shape.fill:
            self.document.polygon(shape.points, style=style)
        else:
            self.document.polyline(shape.points, style="D")

    def _paint(self, mark: Box | Shape) -> str:
        if mark.fill:
            self.document.set_fill_color(mark.fill)
        if mark.stroke:
            self.document.set_draw_color(mark.stroke)
            self.document.set_line_width(mark.stroke_width)
        return ("D" if mark.stroke else "") + ("F" if mark.fill else "")

    def _squares(self, code: Squares) -> None:
        self.document.set_fill_color(PAPER)
        self.document.rect(code.x, code.y, code.side, code.side, style="F")
        self.document.set_fill_color("#000000")
        for x, y, width, height in code.bars:
            # A little into the next row: else a viewer that smooths leaves a grey seam.
            self.document.rect(x, y, width, height * _OVERLAP, style="F")
