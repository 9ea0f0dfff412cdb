"""What to do, without a word: card, badge, telephone, person, face. Each fills a square of 30 mm at its place."""

from collections.abc import Iterator

from edge_agent.paper.drawing import PAPER, Box, Disk, Mark, Shape, Words, arc

INK = "#1f4e9e"
SIDE_MM = 30.0
_BOLD = 1.1


def card(x: float, y: float) -> Iterator[Mark]:
    """A card above a reader that answers."""
    yield Box(x=x + 3, y=y + 17, width=24, height=11, radius=2, fill=INK)
    yield from _waves(x + 15, y + 22.5, (2.2, 4.4), degrees=(200, 340), colour=PAPER)
    yield Box(x=x + 6, y=y + 1.5, width=18, height=11.3, radius=1.4, fill=PAPER, stroke=INK, stroke_width=_BOLD)
    yield Box(x=x + 8.5, y=y + 4.5, width=4, height=3.2, radius=0.6, fill=INK)
    yield _stroke((x + 15, y + 5), (x + 21.5, y + 5))
    yield _stroke((x + 15, y + 8), (x + 21.5, y + 8))
    yield Shape(points=((x + 12.6, y + 13.8), (x + 17.4, y + 13.8), (x + 15, y + 16.4)), fill=INK)


def badge(x: float, y: float) -> Iterator[Mark]:
    """A badge with a code, and a camera that looks at it."""
    yield Box(x=x + 1.5, y=y + 4, width=15, height=22, radius=1.6, fill=PAPER, stroke=INK, stroke_width=_BOLD)
    yield Box(x=x + 6.5, y=y + 5.8, width=5, height=1.4, radius=0.7, fill=INK)
    for left, top in ((4.5, 9.5), (10, 9.5), (4.5, 15)):
        yield Box(x=x + left, y=y + top, width=4, height=4, stroke=INK, stroke_width=0.8)
        yield Box(x=x + left + 1.3, y=y + top + 1.3, width=1.4, height=1.4, fill=INK)
    for left, top in ((10, 15), (12.7, 15), (11.3, 16.4), (10, 17.7), (12.7, 17.7)):
        yield Box(x=x + left, y=y + top, width=1.35, height=1.35, fill=INK)
    yield _stroke((x + 4.5, y + 22.5), (x + 13.5, y + 22.5))
    yield Box(x=x + 21, y=y + 9.5, width=7.5, height=11, radius=1.6, fill=INK)
    yield Disk(x=x + 24.75, y=y + 15, radius=2.6, fill=PAPER)
    yield Disk(x=x + 24.75, y=y + 15, radius=1.3, fill=INK)
    for top in (12.2, 15, 17.8):
        yield _stroke((x + 18.3, y + top), (x + 19.6, y + top))


def phone(x: float, y: float) -> Iterator[Mark]:
    """A telephone that rings."""
    yield Box(x=x + 8.5, y=y + 2, width=13, height=26, radius=2.2, fill=INK)
    yield Box(x=x + 10, y=y + 5.2, width=10, height=17, fill=PAPER)
    yield Disk(x=x + 15, y=y + 25.2, radius=1.3, fill=PAPER)
    for row in range(4):
        for column in range(3):
            yield Disk(x=x + 12.2 + 2.8 * column, y=y + 8.4 + 3.5 * row, radius=0.8, fill=INK)
    yield from _waves(x + 15, y + 13.7, (9.5, 12.8), degrees=(-38, 38))
    yield from _waves(x + 15, y + 13.7, (9.5, 12.8), degrees=(142, 218))


def ask(x: float, y: float) -> Iterator[Mark]:
    """A worker with a question, and somebody in a helmet who knows."""
    for left, is_staff in ((8.0, False), (22.0, True)):
        yield Shape(points=arc(x + left, y + 28, 6.2, 180, 360), fill=INK)
        yield Disk(x=x + left, y=y + 17.3, radius=3.5, fill=INK)
        if is_staff:
            yield Shape(points=arc(x + left, y + 16, 4.4, 180, 360), fill=INK, stroke=PAPER, stroke_width=0.6)
            yield Box(x=x + left - 5.4, y=y + 15.6, width=10.8, height=1.2, radius=0.5, fill=INK)
    yield Box(x=x + 2, y=y + 1.5, width=12, height=9, radius=2, fill=PAPER, stroke=INK, stroke_width=_BOLD)
    yield Shape(points=((x + 6.4, y + 10), (x + 9.6, y + 10), (x + 8, y + 12.6)), fill=INK)
    yield Words(
        text="?",
        x=x + 8,
        y=y + 8.8,
        width=8,
        size=7.6,
        least=7,
        anchor="middle",
        is_bold=True,
        colour=INK,
        language="en",
    )


def face(x: float, y: float) -> Iterator[Mark]:
    """A face within the corners of a camera's view, on white."""
    yield Box(x=x, y=y, width=SIDE_MM, height=SIDE_MM, radius=3, fill=PAPER)
    for left, top, right, down in ((4, 4, 1, 1), (26, 4, -1, 1), (4, 26, 1, -1), (26, 26, -1, -1)):
        yield _stroke((x + left, y + top), (x + left + 5 * right, y + top))
        yield _stroke((x + left, y + top), (x + left, y + top + 5 * down))
    yield Disk(x=x + 15, y=y + 14, radius=8, fill=INK)
    yield Disk(x=x + 12.2, y=y + 12.6, radius=1.1, fill=PAPER)
    yield Disk(x=x + 17.8, y=y + 12.6, radius=1.1, fill=PAPER)
    yield Shape(points=arc(x + 15, y + 14.5, 4, 30, 150), stroke=PAPER, stroke_width=0.9)


def _waves(
    x: float, y: float, radii: tuple[float, ...], *, degrees: tuple[float, float], colour: str = INK
) -> Iterator[Mark]:
    for radius in radii:
        yield Shape(points=arc(x, y, radius, *degrees), stroke=colour, stroke_width=_BOLD)


def _stroke(start: tuple[float, float], end: tuple[float, float]) -> Shape:
    return Shape(points=(start, end), stroke=INK, stroke_width=0.9)
