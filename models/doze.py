"""Looks less often while nobody is there: most of the day nobody is. Finds no face itself."""

from models.capture import Picture
from models.face import Chip, Face, Quality, Vector
from models.sight import Seeing

AWAKE, EVERY = 24, 3
"""So many pictures without a face, and only every third is searched; the first face found wakes it up."""


class Dozing:
    """A `Sight` that saves its strength. Not for two threads at once."""

    def __init__(self, sight: Seeing) -> None:
        self._sight = sight
        self._without = 0

    @property
    def identity(self) -> str:
        """The sight's."""
        return self._sight.identity

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces in the picture; none, unseen, for two of three pictures while nobody is there."""
        self._without += 1
        if self._without > AWAKE and self._without % EVERY:
            return []
        if found := self._sight.find(picture):
            self._without = 0
        return found

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        """Return what the sight measures."""
        return self._sight.measure(picture, face)

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        """Return what the sight embeds."""
        return self._sight.embed(chip)
