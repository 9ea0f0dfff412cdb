"""Other ways to look than the shipped one, to be measured against it. Nothing at a gate uses them."""

from dataclasses import replace
from typing import Literal

from models.align import chip_of
from models.capture import Picture
from models.embed import Embedder
from models.face import Chip, Face, Quality, Vector
from models.pictures import usable
from models.quality import quality_of
from models.session import Session
from models.shelf import Shelf
from models.sight import Seeing, Sight

Mode = Literal["shipped", "detector", "mirror"]
"""As at a gate; aligned by the detector's own points; the chip and its mirror picture added up."""


def sight_of(shelf: Shelf, mode: Mode, *, recipe: str = "") -> Seeing:
    """
    Load the models, to look in this way.

    Raises:
        ModelError: One is missing or altered, or is no such model.

    """
    sight = Sight.of(shelf, recipe=recipe)
    if mode == "detector":
        return _Detected(sight)
    if mode == "mirror":
        net = Session(shelf.model("sface", recipe))
        return replace(sight, embedder=Embedder(net, has_mirror=True), identity=f"{sight.identity}+mirror")
    return sight


class _Detected:
    """Aligns by the points that the detector gives."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        model, _, _ = sight.identity.rpartition("/")
        self.identity = f"{model}/detector"

    def find(self, picture: Picture) -> list[Face]:
        return self._sight.find(picture)

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        chip = chip_of(usable(picture), face.points)
        return face, chip, quality_of(face, chip)

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        return self._sight.embed(chip)
