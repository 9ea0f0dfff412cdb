"""Heads, pictures of heads, and what a camera sees of them: five points, chips, drawings. Uses no photograph."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.capture import Picture
from models.face import Chip, Face, Look, Points, Quality, Vector

S = 1_000_000_000
FRAME_NS = S // 10

HEAD = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.58, 0.48], [-0.38, 1.05, 0.05], [0.38, 1.05, 0.05]])
"""Right eye, left eye, nose, corners of the mouth; x to the picture's right, y down, z to the camera; eye distances."""
FLAT = HEAD * [1, 1, 0]
"""A picture of it."""


def bent(radius: float) -> np.ndarray:
    """Return the picture bent around an upright tube of this radius, in eye distances."""
    angle = FLAT[:, 0] / radius
    return np.stack((radius * np.sin(angle), FLAT[:, 1], radius * (np.cos(angle) - 1)), axis=1)


def rotation(*, yaw: float = 0, pitch: float = 0, roll: float = 0) -> np.ndarray:
    """Return (3, 3); degrees. + yaw: the nose goes to the picture's right."""
    a, b, c = np.deg2rad([yaw, pitch, roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def seen(body, turn=None, *, at=(320, 240), eyes_px=60, away=8.0) -> Points:
    """Return the five points that a camera sees, `away` eye distances before it."""
    space = body @ (np.eye(3) if turn is None else turn).T
    flat = space[:, :2] * (away / (away - space[:, 2:]))
    return np.asarray(flat * eyes_px + at, dtype=np.float32)


def face_of(points: Points, *, score: float = 0.9) -> Face:
    """Return the face a detector would find around these points."""
    eyes = float(np.hypot(*(points[1] - points[0])))
    x, y = points.mean(axis=0)
    width, height = 2.0 * eyes, 2.6 * eyes
    return Face(left=x - width / 2, top=y - height / 2, width=width, height=height, score=score, points=points)


GOOD = Quality(
    width_px=120, sharpness=150, brightness=120, contrast=40, yaw=0, roll_deg=0, pitch=0.5, score=0.9, length=14
)


def person(seed: int) -> Vector:
    """Return the direction of somebody."""
    vector = np.random.default_rng(seed).normal(size=128)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def chip_of(seed: int) -> Chip:
    """Return a chip with a sensor's noise: two of different seeds are of one face, and never alike."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:112, 0:112]
    face = 120 + 40 * np.sin(rows / 17) * np.cos(columns / 13)
    return np.clip(face[..., None] + rng.normal(0, 2, (112, 112, 3)), 0, 255).astype(np.uint8)


@dataclass
class Somebody:
    """Stands before the camera: gives looks, each with new noise."""

    seed: int = 1
    points: Points | None = None

    def look(self, at_ns: int, *, chip: Chip | None = None, points: Points | None = None) -> Look:
        shown = points if points is not None else self.points if self.points is not None else seen(HEAD)
        return Look(
            face=face_of(shown),
            chip=chip_of(at_ns % (1 << 32)) if chip is None else chip,
            vector=person(self.seed),
            quality=GOOD,
            seen_ns=at_ns,
        )


def hall(seed: int = 0) -> Picture:
    """Return a place behind people: soft blots, a door frame far apart, a lintel; 640 x 480."""
    rng = np.random.default_rng(seed)
    blots = cv2.resize(rng.uniform(60, 170, (6, 8, 3)).astype(np.float32), (640, 480), interpolation=cv2.INTER_CUBIC)
    place = np.clip(blots, 0, 255).astype(np.uint8)
    cv2.rectangle(place, (90, 30), (560, 600), (70, 60, 50), 6)
    return place


def drawn(place: Picture, points: Points) -> Picture:
    """Draw a head with neck and shoulders where these points are."""
    picture = place.copy()
    eyes = float(np.hypot(*(points[1] - points[0])))
    x, y = (int(v) for v in points.mean(axis=0))
    cv2.ellipse(picture, (x, int(y + 3.8 * eyes)), (int(3.4 * eyes), int(2.4 * eyes)), 0, 180, 360, (60, 70, 40), -1)
    cv2.rectangle(picture, (int(x - 3.4 * eyes), int(y + 3.8 * eyes)), (int(x + 3.4 * eyes), 999), (60, 70, 40), -1)
    cv2.ellipse(picture, (x, y), (int(1.05 * eyes), int(1.4 * eyes)), 0, 0, 360, (120, 150, 200), -1)
    for point in points[:2]:
        cv2.circle(picture, tuple(int(v) for v in point), max(2, int(eyes / 7)), (30, 30, 30), -1)
    cv2.line(picture, tuple(int(v) for v in points[3]), tuple(int(v) for v in points[4]), (60, 60, 140), 3)
    return picture


def camera(picture: Picture, seed: int = 0) -> Picture:
    """Return what a sensor makes of it: a little soft, with noise."""
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7) + noise, 0, 255).astype(np.uint8)


def held_up(place: Picture, *, tilt_deg: float, size: float, shines: bool, frame_px: int) -> tuple[Picture, Points]:
    """Return a sheet or telephone with a head on it, held before the place, and where the head's points are."""
    width, height = int(230 * size), int(330 * size)
    inside = np.full((height, width, 3), 235 if shines else 150, dtype=np.uint8)
    points = seen(FLAT, at=(width / 2, height * 0.36), eyes_px=56 * size)
    sheet = drawn(inside, points)
    cv2.rectangle(sheet, (0, 0), (width - 1, height - 1), (15, 15, 15) if shines else (240, 240, 240), frame_px)
    move = cv2.getRotationMatrix2D((width / 2, height / 2), tilt_deg, 1.0)
    move[:, 2] += (320 - width / 2, 240 - height / 2)
    picture = cv2.warpAffine(sheet, move, (640, 480), dst=place.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    return picture, np.asarray(points @ move[:, :2].T + move[:, 2], dtype=np.float32)
