"""Where faces are in a picture: YuNet. Finds; neither recognises nor measures them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Face
from models.pictures import Net, blob_of, shrunk

Boxes = NDArray[np.float32]
"""(n, 14): left, top, width, height, then x and y of the five points; px."""

STRIDES = (8, 16, 32)
"""px between the places at which the network looks, in its three outputs of each kind."""
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)
SCORE_MIN = 0.6
OVERLAP_MAX = 0.3
CANDIDATES_MAX, FACES_MAX = 256, 16
"""So many of one picture are compared, and returned: the work for a picture stays bounded."""
NEAR, NEAR_FACE_PX = 1.5, 44.0
"""A face is looked for again so many of its sides around its middle, where it has 44 to 88 px."""
_EXPONENT_MAX = 8.0
"""A side of e^8 strides is larger than any picture: more is only noise that would overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How small the faces are that must be found, and so how far a picture is shrunk before."""

    face_min_px: float = 60.0
    found_from_px: float = 30.0
    """The network finds 97 of 100 faces of this width, and is sure (0.85) of 99 of 100 that are 50 wide."""
    side_max_px: int = 1280
    """Of the picture that is searched: bounds the time for a huge one."""

    def divisor(self, picture: Picture) -> int:
        """Return by how much the sides are divided: a power of two."""
        divisor = 1
        while (
            self.face_min_px / divisor >= 2 * self.found_from_px or max(picture.shape[:2]) > divisor * self.side_max_px
        ):
            divisor *= 2
        return divisor


class Detector:
    """Finds faces, in each picture for itself. Not for two threads at once."""

    def __init__(self, net: Net, *, reach: Reach | None = None) -> None:
        self.net = net
        self._reach = reach or Reach()

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces in the picture, the surest first; 16 at most."""
        return self._found(picture, part=picture, corner=(0, 0), divisor=self._reach.divisor(picture))

    def near(self, picture: Picture, face: Face) -> list[Face]:
        """Return the faces where this one was a moment ago, and one face's width around it: quicker than `find`."""
        side_px = max(face.width, face.height)
        left, top = (max(0, int(middle - NEAR * side_px)) for middle in face.centre)
        right, bottom = (int(middle + NEAR * side_px) + 1 for middle in face.centre)
        divisor = 2 ** max(0, int(math.log2(side_px / NEAR_FACE_PX)))
        return self._found(picture, part=picture[top:bottom, left:right], corner=(left, top), divisor=divisor)

    def _found(self, picture: Picture, *, part: Picture, corner: tuple[int, int], divisor: int) -> list[Face]:
        if not part.size:
            return []
        blob = blob_of(shrunk(part, divisor), is_rgb=False, multiple=STRIDES[-1])
        outputs = dict(zip(OUTPUTS, self.net.run(input=blob), strict=True))
        boxes, scores = decoded(outputs, columns=blob.shape[3])
        kept = apart(boxes, scores)[:FACES_MAX]
        return faces(placed(boxes[kept], divisor=divisor, corner=corner), scores[kept], picture)


def decoded(
    outputs: Mapping[str, NDArray[np.float32]], *, columns: int, score_min: float = SCORE_MIN
) -> tuple[Boxes, NDArray[np.float32]]:
    """
    Return boxes and scores (n,) of what may be a face, the surest first.

    Args:
        outputs: For each stride s `cls_s` and `obj_s` (1, n, 1), `bbox_s` (1, n, 4), `kps_s` (1, n, 10), in strides.
        columns: Width in px of the picture that the network saw.
        score_min: Below it nothing is a face.

    """
    parts = [_of_stride(outputs, stride, columns // stride, score_min) for stride in STRIDES]
    boxes, scores = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(-scores, kind="stable")[:CANDIDATES_MAX]
    return boxes[order], scores[order]


@np.errstate(over="ignore", invalid="ignore")
def _of_stride(
    outputs: Mapping[str, NDArray[np.float32]], stride: int, columns: int, score_min: float
) -> tuple[Boxes, NDArray[np.float32]]:
    kind = {name: outputs[f"{name}_{stride}"][0] for name in ("cls", "obj", "bbox", "kps")}
    sure = np.clip(kind["cls"][:, 0], 0, 1) * np.clip(kind["obj"][:, 0], 0, 1)
    # NaN is not greater than anything.
    places = np.flatnonzero(sure >= score_min**2)
    grid = np.stack([places % columns, places // columns], axis=1).astype(np.float32)
    bbox, points = kind["bbox"][places], kind["kps"][places].reshape(-1, 5, 2)
    size = np.exp(np.minimum(bbox[:, 2:], _EXPONENT_MAX))
    corner = grid + bbox[:, :2] - size / 2
    boxes = np.concatenate([corner, size, (grid[:, None] + points).reshape(-1, 10)], axis=1) * stride
    whole = np.isfinite(boxes).all(axis=1)
    return boxes[whole].astype(np.float32), np.sqrt(sure[places][whole])


def apart(boxes: Boxes, scores: NDArray[np.float32], *, overlap_max: float = OVERLAP_MAX) -> Sequence[int]:
    """Return which boxes stay, the surest first, when those that overlap a surer one by more than this go."""
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while left.size:
        first, left = int(left[0]), left[1:]
        kept.append(first)
        left = left[overlaps(boxes[first], boxes[left]) <= overlap_max]
    return kept


def overlaps(box: NDArray[np.float32], boxes: Boxes) -> NDArray[np.float32]:
    """Return (n,) shares of their union that the box has in common with each of the boxes; 0 where there is none."""
    corner = np.maximum(box[:2], boxes[:, :2])
    end = np.minimum(box[:2] + box[2:4], boxes[:, :2] + boxes[:, 2:4])
    common = np.clip(end - corner, 0, None).prod(axis=1)
    union = box[2] * box[3] + boxes[:, 2] * boxes[:, 3] - common
    return np.asarray(np.where(union > 0, common / np.maximum(union, np.finfo(np.float32).tiny), 0), dtype=np.float32)


def placed(boxes: Boxes, *, divisor: int, corner: tuple[int, int]) -> Boxes:
    """Return the boxes in px of a picture whose part from this corner on was searched with its sides divided."""
    # The middle of a point is its number: the first of four averaged ones begins half a point before it.
    points = (boxes[:, 4:] + 0.5) * divisor - 0.5 + np.tile(np.array(corner, dtype=np.float32), 5)
    start = boxes[:, :2] * divisor + np.array(corner, dtype=np.float32)
    return np.concatenate([start, boxes[:, 2:4] * divisor, points], axis=1)


def faces(boxes: Boxes, scores: NDArray[np.float32], picture: Picture) -> list[Face]:
    """Return the boxes as faces: what of each is inside the picture. One that is wholly outside is none."""
    size = np.array(picture.shape[1::-1], dtype=np.float32)
    found = []
    for box, score in zip(boxes, scores, strict=True):
        start, end = np.clip(box[:2], 0, size), np.clip(box[:2] + box[2:4], 0, size)
        (left, top), (width, height) = start.tolist(), (end - start).tolist()
        if min(width, height) >= 1:
            points = np.array(box[4:14], dtype=np.float32).reshape(5, 2)
            found.append(Face(left=left, top=top, width=width, height=height, score=float(score), points=points))
    return found
