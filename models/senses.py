"""What the terminal needs of whoever looks: faces found, measured, embedded, and found alive. Shapes only."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.face import Chip, Face, Look, Quality, Vector

Picture = NDArray[np.uint8]
"""Rows, columns, three colours (BGR)."""

Word = Literal["passed", "failed", "unchecked", "wants_turn_left", "wants_turn_right", "pending"]


class Frame(Protocol):
    """One picture of the camera."""

    @property
    def picture(self) -> Picture:
        """BGR."""
        ...

    @property
    def seen_ns(self) -> int:
        """CLOCK_BOOTTIME."""
        ...


class Seeing(Protocol):
    """`models.sight.Sight`, or whoever plays it."""

    @property
    def identity(self) -> str:
        """Which model and which alignment: templates of another are never compared."""
        ...

    def find(self, picture: Picture) -> Sequence[Face]:
        """Return the faces in a picture. Cheap: done for every frame."""
        ...

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        """Return the face with better points, cut out, and how good a look at it is."""
        ...

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        """Return the face's direction, and how long it was before it got unit length. The dear part."""
        ...


class Standing(Protocol):
    """Whether a face is alive, as far as is known."""

    @property
    def word(self) -> Word:
        """`unchecked`: nothing speaks against it, and nothing that could prove it is asked for here."""
        ...

    @property
    def why(self) -> str:
        """Why it failed or waits: one word."""
        ...


class Liveness(Protocol):
    """Judges one face as long as it is followed. It alone knows what the site asks for."""

    @property
    def wants_look(self) -> bool:
        """Whether the next frame is to be embedded for it, however far the head is turned."""
        ...

    def saw(self, picture: Picture, look: Look) -> None:
        """Take note of an embedded frame."""
        ...

    def saw_face(self, face: Face, seen_ns: int, *, others: Sequence[Face] = ()) -> None:
        """Take note of where the face is in a frame, and of the other faces in it."""
        ...

    def standing(self, now_ns: int) -> Standing:
        """Return how it stands. Asked once the face is known, since asking may begin a challenge."""
        ...
