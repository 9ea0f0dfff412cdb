"""Drawn stand-ins for networks and faces: what a network would say of faces that are known."""

import numpy as np

from models.align import TEMPLATE
from models.detect import OUTPUTS, STRIDES
from models.face import Face


def face_at(left: float, top: float, side: float, *, score: float = 0.9) -> Face:
    """A face whose points lie in its box as the template's do in a chip."""
    points = (np.array([left, top]) + TEMPLATE / 112 * side).astype(np.float32)
    return Face(left=left, top=top, width=side, height=side, score=score, points=points)


def said_of(faces: list[Face], *, rows: int, columns: int) -> dict[str, np.ndarray]:
    """What YuNet would say of these faces in a picture of this size: each at the place of stride 8 nearest to it."""
    said = {
        f"{kind}_{stride}": np.zeros((1, (rows // stride) * (columns // stride), width), dtype=np.float32)
        for kind, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in STRIDES
    }
    for face in faces:
        x, y = face.centre
        column, row = int(x // 8), int(y // 8)
        place = row * (columns // 8) + column
        said["cls_8"][0, place] = said["obj_8"][0, place] = face.score
        said["bbox_8"][0, place] = x / 8 - column, y / 8 - row, np.log(face.width / 8), np.log(face.height / 8)
        said["kps_8"][0, place] = (face.points / 8 - [column, row]).ravel()
    return said


class Seer:
    """A YuNet that finds the same faces in whatever it is shown, and counts how often it was asked."""

    def __init__(self, faces: list[Face]) -> None:
        self.faces = faces
        self.shapes: list[tuple[int, ...]] = []

    def run(self, **inputs: np.ndarray) -> list[np.ndarray]:
        shape = inputs["input"].shape
        self.shapes.append(shape)
        said = said_of(self.faces, rows=shape[2], columns=shape[3])
        return [said[name] for name in OUTPUTS]
