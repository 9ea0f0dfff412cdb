"""Write a page as SVG. Text stays text: whoever opens it needs the fonts, or has others."""

from functools import partial
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

from edge_agent.paper.drawing import PAPER, Box, Disk, Mark, Page, Shape, Squares, Words
from edge_agent.paper.fitting import LINE_HEIGHT, estimated, fitted

FONTS = "'Noto Sans CJK JP', IPAexGothic, 'Noto Sans', 'DejaVu Sans', 'Noto Sans Myanmar', Padauk, sans-serif"
_FONTS_BY_LANGUAGE = {
    "vi": "'Noto Sans', 'DejaVu Sans', sans-serif",
    "my": "'Noto Sans Myanmar', Padauk, sans-serif",
    "zh": "'Noto Sans CJK SC', 'Noto Sans CJK JP', sans-serif",
}
_FULL = 0.9
"""How much of its room a line may take by our estimate before the reader's program is told to keep it there."""


def svg(page: Page) -> str:
    """Return the page as a document of its own."""
    size = (
        f'width="{_mm(page.width)}mm" height="{_mm(page.height)}mm" viewBox="0 0 {_mm(page.width)} {_mm(page.height)}"'
    )
    marks = "\n".join(map(_mark, page.marks))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" {size} font-family={quoteattr(FONTS)}>\n'
        f"<title>{escape(page.title)}</title>\n"
        f'<rect width="100%" height="100%" fill="{PAPER}"/>\n{marks}\n</svg>\n'
    )


def _mark(mark: Mark) -> str:
    match mark:
        case Words():
            return _words(mark)
        case Box():
            place = f'x="{_mm(mark.x)}" y="{_mm(mark.y)}" width="{_mm(mark.width)}" height="{_mm(mark.height)}"'
            return f'<rect {place} rx="{_mm(mark.radius)}" {_paint(mark)}/>'
        case Shape():
            points = " ".join(f"{_mm(x)},{_mm(y)}" for x, y in mark.points)
            return f'<{"polygon" if mark.fill else "polyline"} points="{points}" {_paint(mark)}/>'
        case Disk():
            return f'<circle cx="{_mm(mark.x)}" cy="{_mm(mark.y)}" r="{_mm(mark.radius)}" fill="{mark.fill}"/>'
        case Squares():
            return _squares(mark)
        case other:
            assert_never(other)


def _words(words: Words) -> str:
    measure = partial(estimated, is_bold=words.is_bold)
    size, lines = fitted(words, measure)
    weight = ' font-weight="bold"' if words.is_bold else ""
    fonts = _FONTS_BY_LANGUAGE.get(words.language)
    family = f" font-family={quoteattr(fonts)}" if fonts else ""
    style = f'font-size="{_mm(size)}" fill="{words.colour}" text-anchor="{words.anchor}" xml:lang="{words.language}"'
    drawn = []
    for number, line in enumerate(lines):
        wide = measure(line, size)
        kept = f' textLength="{_mm(wide)}" lengthAdjust="spacingAndGlyphs"' if wide > _FULL * words.width else ""
        place = f'x="{_mm(words.x)}" y="{_mm(words.y + number * LINE_HEIGHT * size)}"'
        drawn.append(f"<text {place} {style}{weight}{family}{kept}>{escape(line)}</text>")
    return "\n".join(drawn)


def _squares(code: Squares) -> str:
    module = code.side / len(code.rows)
    path = "".join(f"M{_mm(x)} {_mm(y)}h{_mm(width)}v{_mm(module)}h-{_mm(width)}z" for x, y, width, _ in code.bars)
    white = (
        f'<rect x="{_mm(code.x)}" y="{_mm(code.y)}" width="{_mm(code.side)}" height="{_mm(code.side)}" fill="{PAPER}"/>'
    )
    # One path, smoothed: no seam between its squares. Not crispEdges: cairo draws triangles there at 300 dots an inch.
    return f'{white}\n<path d="{path}" fill="#000000"/>'


def _paint(mark: Box | Shape) -> str:
    stroke = f'stroke="{mark.stroke}" stroke-width="{_mm(mark.stroke_width)}"' if mark.stroke else ""
    return f'fill="{mark.fill or "none"}" {stroke} stroke-linejoin="round" stroke-linecap="round"'


def _mm(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
