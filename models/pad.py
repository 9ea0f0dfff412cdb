"""What a network says of whether a face is a picture. The operator brings it; without one nothing is said."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Face

LOOKS_MIN = 3
"""The middle of so many frames decides: one may be blurred."""
FAILS_BELOW, PASSES_FROM = 0.3, 0.7
"""
Probability of a living face. Between the two the network does not know, and a turn of the head is asked for.

Their publishers decide at 0.5. The band around it is our choice: no attacks to measure it with can be published.
"""

Floats = NDArray[np.float32]


class Net(Protocol):
    """A loaded network with one input."""

    @property
    def inputs(self) -> list[str]:
        """The inputs' names."""
        ...

    def run(self, **inputs: Floats) -> list[Floats]:
        """Return its outputs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a published network wants to be asked, and how its answer is read."""

    prepared: Callable[[Picture, Face], Floats]
    living: Callable[[Floats], float]


def kept_inside(picture: Picture, face: Face, reach: float) -> Picture:
    """Return the face's box so many times larger, moved and cut to what is in the picture: as MiniFASNet learned."""
    rows, columns = picture.shape[:2]
    scale = min((rows - 1) / face.height, (columns - 1) / face.width, reach)
    width, height = face.width * scale, face.height * scale
    x, y = face.centre
    left = min(max(0.0, x - width / 2), columns - 1 - width)
    top = min(max(0.0, y - height / 2), rows - 1 - height)
    return picture[int(top) : int(top + height) + 1, int(left) : int(left + width) + 1]


def mirrored(picture: Picture, face: Face, reach: float) -> Picture:
    """Return the square around the face, mirrored where the picture ends: as face-antispoof-onnx learned."""
    rows, columns = picture.shape[:2]
    side = int(max(face.width, face.height) * reach)
    x, y = face.centre
    left, top = int(x - side / 2), int(y - side / 2)
    inside = picture[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    edges = (max(0, -top), max(0, top + side - rows), max(0, -left), max(0, left + side - columns))
    return np.asarray(cv2.copyMakeBorder(inside, *edges, cv2.BORDER_REFLECT_101), dtype=np.uint8)


def _minifasnet(reach: float) -> Kind:
    """BGR, 0 to 255, 80 x 80; three classes of which the second lives."""

    def prepared(picture: Picture, face: Face) -> Floats:
        small = cv2.resize(kept_inside(picture, face, reach), (80, 80))
        return np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32)

    return Kind(prepared=prepared, living=lambda answer: float(softmax(answer)[1]))


def _antispoof() -> Kind:
    """RGB, 0 to 1, 128 x 128; two logits of which the first lives: read in its authors' preprocess.py and demo.py."""

    def prepared(picture: Picture, face: Face) -> Floats:
        square = mirrored(picture, face, 1.5)
        how = cv2.INTER_LANCZOS4 if len(square) < 128 else cv2.INTER_AREA  # noqa: PLR2004 - the network's side
        small = cv2.resize(square, (128, 128), interpolation=how)
        return np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)

    return Kind(prepared=prepared, living=lambda answer: float(softmax(answer)[0]))


KINDS = {
    "pad-antispoof": _antispoof(),
    "pad-minifasnet-2.7": _minifasnet(2.7),
    "pad-minifasnet-4.0": _minifasnet(4.0),
}
"""By their names in the manifest, which knows their hashes."""


def softmax(answer: Floats) -> Floats:
    """Return the probabilities of the classes of the first picture."""
    grown = np.exp(answer.reshape(-1) - answer.max())
    return np.asarray(grown / grown.sum(), dtype=np.float32)


class Pad:
    """The installed networks, one or more. Loaded once for the process."""

    def __init__(self, nets: dict[str, Net]) -> None:
        """Take loaded networks by the names of `KINDS`; none of them: nothing is ever said."""
        self._nets = nets

    @property
    def names(self) -> Sequence[str]:
        """Which are installed."""
        return tuple(self._nets)

    def living(self, picture: Picture, face: Face) -> float | None:
        """
        Return how surely the face lives, 0 to 1: as the network says that doubts most. None without a network.

        Raises:
            ModelError: A network refuses.

        """
        return min((self._asked(name, net, picture, face) for name, net in self._nets.items()), default=None)

    @staticmethod
    def _asked(name: str, net: Net, picture: Picture, face: Face) -> float:
        kind = KINDS[name]
        (answer, *_) = net.run(**{net.inputs[0]: kind.prepared(picture, face)})
        said = kind.living(answer)
        return said if np.isfinite(said) else 0.0


class Doubt:
    """What the networks said of one track."""

    def __init__(self, pad: Pad) -> None:
        self._pad = pad
        self._said: list[float] = []

    @property
    def is_asked(self) -> bool:
        """Whether there is a network at all."""
        return bool(self._pad.names)

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing more to wait for."""
        return not self.is_asked or len(self._said) >= LOOKS_MIN

    @property
    def why(self) -> str:
        """`pad_model` if it is a picture; empty while that is not known."""
        return "pad_model" if self.is_asked and self.is_ready and self._middle < FAILS_BELOW else ""

    @property
    def is_sure(self) -> bool:
        """Whether it surely lives."""
        return self.is_asked and self.is_ready and self._middle >= PASSES_FROM

    @property
    def _middle(self) -> float:
        return statistics.median(self._said)

    def saw_look(self, picture: Picture, face: Face) -> None:
        """Take note of an embedded frame."""
        said = self._pad.living(picture, face)
        if said is not None:
            self._said.append(said)
