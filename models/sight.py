"""
What the terminal sees: faces in a picture, their points, their chips, what they look like. Decides nothing.

YuNet on the picture at half its size, CenterFace on a cut of 128 px in which the face has 80, SFace on the chip without
its mirror picture: on pairs of faces as exact as whole pictures and the mirror, in half the time.
"""

from dataclasses import dataclass
from typing import Protocol, Self

from models.align import chip_of
from models.capture import Picture
from models.detect import Detector, Reach
from models.embed import Embedder
from models.face import Chip, Face, Quality, Vector
from models.landmarks import CUT_PX, FACE_PX, Landmarks
from models.pictures import usable
from models.quality import quality_of
from models.session import Session
from models.shelf import Shelf
from models.watch import Watch

ALIGNED_BY = "cf"
"""Whose points a chip is made with. Templates of another alignment are another model's: they are never compared."""
FACE_MIN_PX = 60.0
WAY = (
    f"YuNet on the picture shrunk for faces from {FACE_MIN_PX:.0f} px; "
    f"CenterFace on a cut of {CUT_PX} px, face {FACE_PX:.0f} px; SFace on the chip, no mirror picture"
)
"""How faces are looked at here, in one line."""


class Seeing(Protocol):
    """Whatever finds and embeds faces. Not for two threads at once."""

    @property
    def identity(self) -> str:
        """Which models, made how, see here. Vectors of another identity are never compared."""
        ...

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces in the picture, the surest first. Cheap: for every frame."""
        ...

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        """Return the face with finer points, its chip, and how good this look at it is; nothing is embedded yet."""
        ...

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        """Return the chip's direction in identity space and the raw length; all zero where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    Finds and embeds faces with the models on the shelf.

    `find` and `measure` raise PictureUnusable for what is no picture, and all three ModelError if a model fails.
    """

    finder: Detector | Watch
    landmarks: Landmarks
    embedder: Embedder
    identity: str

    @classmethod
    def of(cls, shelf: Shelf, *, recipe: str = "", face_min_px: float = FACE_MIN_PX, is_watching: bool = False) -> Self:
        """
        Load the models.

        Args:
            shelf: Where they are installed.
            recipe: Of the embedder; empty: int8 where that is installed. Vectors of different recipes do not compare.
            face_min_px: Width of the smallest face that must be found. 40 costs four times what 60 does.
            is_watching: The pictures are one camera's, one after another: search no more than must be.

        Raises:
            ModelError: One is missing or altered, or is no such model.

        """
        sface = shelf.model("sface", recipe)
        detector = Detector(Session(shelf.model("yunet")), reach=Reach(face_min_px=face_min_px))
        return cls(
            finder=Watch(detector) if is_watching else detector,
            landmarks=Landmarks(Session(shelf.model("centerface"))),
            embedder=Embedder(Session(sface)),
            identity=f"{sface.identity}/{ALIGNED_BY}",
        )

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces in the picture, the surest first; 16 at most."""
        return self.finder.find(usable(picture))

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        """Return the face with finer points, its chip, and how good this look at it is; nothing is embedded yet."""
        whole = usable(picture)
        refined = self.landmarks.refined(whole, face)
        chip = chip_of(whole, refined.points)
        return refined, chip, quality_of(refined, chip)

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        """Return the chip's direction in identity space and the raw length; all zero where there is none."""
        return self.embedder.embed(chip)
