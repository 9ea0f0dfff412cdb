"""A face in a picture, and one look at it: what the steps hand on. Measures nothing itself, and knows no name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""(5, 2): the subject's right eye, left eye, nose tip, right and left corner of the mouth; x, y in px."""

Vector = NDArray[np.float32]
"""(128,), of unit length: the face's direction in identity space."""

Chip = NDArray[np.uint8]
"""(112, 112, 3), BGR: the face alone, moved so that eyes, nose and mouth lie where the embedder wants them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """Where a face is in a picture."""

    left: float
    """px of the picture, as all lengths here."""
    top: float
    width: float
    height: float
    score: float
    """How sure the detector is, 0 to 1."""
    points: Points

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box: x, y."""
        return self.left + self.width / 2, self.top + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a look at a face is. Numbers; what is good enough is decided elsewhere."""

    width_px: float
    """Of the face in the picture."""
    sharpness: float
    """Variance of the Laplacian of the grey chip. Noise counts as sharp: ask for the brightness first."""
    brightness: float
    """Mean grey of the chip, 0 to 255."""
    contrast: float
    """Standard deviation of the chip's grey."""
    yaw: float
    """How far the nose is from the middle of the eyes, in eye distances; + = to the picture's right."""
    roll_deg: float
    """How far the line from the right to the left eye is turned, clockwise as seen; -180 to 180, 0 = upright."""
    pitch: float
    """How far down from the eyes to the mouth the nose is, 0 to 1; about 0.5 when looking straight."""
    score: float
    """How sure the detector is, 0 to 1."""
    length: float
    """Of the raw embedding: a weak sign of quality. 0 = not embedded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One embedded frame of one face."""

    face: Face
    chip: Chip
    vector: Vector
    quality: Quality
    seen_ns: int
    """Of the frame: CLOCK_BOOTTIME in nanoseconds."""
