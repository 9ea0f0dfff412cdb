"""A text as a QR code."""

from typing import Literal

import segno

from edge_agent.paper.drawing import Squares

QUIET_MODULES = 4
"""White around the code, as ISO/IEC 18004 wants it."""


def code(text: str, *, x: float, y: float, side: float, error: Literal["M", "Q"] = "M") -> Squares:
    """
    Return the code, with its quiet zone, in a square of `side` mm.

    Args:
        text: Capitals and digits make the smallest code.
        x: Left edge in mm.
        y: Upper edge in mm.
        side: Of the whole, in mm.
        error: M restores 15 % of the code, Q 25 %, with smaller squares.

    """
    made = segno.make_qr(text, error=error)
    rows = tuple(tuple(bool(module) for module in row) for row in made.matrix_iter(border=QUIET_MODULES))
    return Squares(x=x, y=y, side=side, rows=rows)
