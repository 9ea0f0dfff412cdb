"""What a scene is painted with: a portrait made large, turned, printed, replayed; noise and light. Knows no time."""

import enum
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, top, width, height, as shares of a picture."""

_NOISES = 8
"""So many noises in turn: to draw one for each picture would cost more than to read it."""
_FEATHER = 0.06
"""Of the face's width."""
_BITS = 16
_LOOKS_BACK = 6


class Wears(enum.StrEnum):
    """What is painted on a face."""

    HELMET = "helmet"
    MASK = "mask"


class As(enum.StrEnum):
    """What is held before the camera."""

    PERSON = "person"
    PHOTO = "photo"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portrait:
    """Somebody's picture, and where the face is in it."""

    picture: Picture
    face: Box

    @classmethod
    def of(cls, source: Picture | Path | str, *, face: Box) -> "Portrait":
        """
        Take an array (BGR), or read a file.

        Raises:
            FileNotFoundError: There is no picture in it.

        """
        picture = source if isinstance(source, np.ndarray) else cv2.imread(str(source))
        if picture is None:
            raise FileNotFoundError(f"{source}: no picture that can be read")
        return cls(picture=np.asarray(picture, dtype=np.uint8), face=face)

    def faded(self, other: "Portrait", share: float) -> "Portrait":
        """Return a picture between this one and the other, which is brought to the same size."""
        height, width = self.picture.shape[:2]
        second = cv2.resize(other.picture, (width, height), interpolation=cv2.INTER_AREA)
        mixed = cv2.addWeighted(self.picture, 1 - share, second, share, 0)
        return replace(self, picture=np.asarray(mixed, dtype=np.uint8))

    def wearing(self, things: frozenset[Wears]) -> "Portrait":
        """Return the face with these painted on it, flat and in one colour."""
        picture = self.picture.copy()
        height, width = picture.shape[:2]
        left, top, wide, high = (
            round(share * side) for share, side in zip(self.face, (width, height, width, height), strict=True)
        )
        middle = left + wide // 2
        if Wears.MASK in things:
            corners = [(0.04, 0.55), (0.5, 0.48), (0.96, 0.55), (0.9, 0.85), (0.5, 1.02), (0.1, 0.85)]
            points = np.array([(left + x * wide, top + y * high) for x, y in corners], dtype=np.int32)
            cv2.fillPoly(picture, [points], (225, 222, 218), cv2.LINE_AA)
        if Wears.HELMET in things:
            brow = top + round(0.16 * high)
            cv2.ellipse(
                picture, (middle, brow), (round(0.66 * wide), round(0.6 * high)), 0, 180, 360, (30, 190, 240), -1
            )
            cv2.ellipse(
                picture, (middle, brow), (round(0.72 * wide), round(0.07 * high)), 0, 0, 360, (20, 150, 200), -1
            )
        return replace(self, picture=picture)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How a portrait is to be shown. Equal poses are painted once."""

    shown_as: As = As.PERSON
    face_px: int
    """Width of the face in the picture."""
    yaw_deg: int = 0
    """+: the nose to the picture's right."""
    blur_px: int = 0
    """Length of the smear of motion, downwards."""
    gain: float = 1.0
    phase: int = 0
    """Where the ripple of a screen is, in eighths."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sprite:
    """What is laid into a scene."""

    picture: Picture
    cover: NDArray[np.float32]
    """0..1 for each point: how much it hides what is behind it."""
    centre: tuple[float, float]
    """Of the face, in px."""

    def laid_into(self, scene: Picture, at: tuple[float, float]) -> None:
        """Paint it so that the face's centre is there; what is outside of the scene is cut off."""
        high, wide = self.picture.shape[:2]
        x, y = round(at[0] - self.centre[0]), round(at[1] - self.centre[1])
        left, top = max(0, x), max(0, y)
        right, bottom = min(scene.shape[1], x + wide), min(scene.shape[0], y + high)
        if left >= right or top >= bottom:
            return
        mine = slice(top - y, bottom - y), slice(left - x, right - x)
        behind, cover = scene[top:bottom, left:right], np.ascontiguousarray(self.cover[mine])
        picture = np.ascontiguousarray(self.picture[mine])
        scene[top:bottom, left:right] = cv2.blendLinear(picture, np.ascontiguousarray(behind), cover, 1 - cover)


@lru_cache(maxsize=24)
def sprite(portrait: Portrait, pose: Pose) -> Sprite:
    """Return the portrait in that pose."""
    left, top, wide, high = portrait.face
    scale = pose.face_px / (wide * portrait.picture.shape[1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(portrait.picture, None, fx=scale, fy=scale, interpolation=how), dtype=np.uint8)
    height, width = picture.shape[:2]
    centre = (left + wide / 2) * width, (top + high / 2) * height
    is_person = pose.shown_as is As.PERSON
    cover = _cut_out(width, height, portrait.face) if is_person else np.ones((height, width), np.float32)
    if pose.shown_as is As.PHOTO:
        picture, cover, centre = _framed(picture, cover, centre, share=0.06, colour=(238, 240, 240))
    if pose.shown_as is As.SCREEN:
        picture = _rippled(picture, pose.phase)
        picture, cover, centre = _framed(picture, cover, centre, share=0.02, colour=(250, 250, 250))
        picture, cover, centre = _framed(picture, cover, centre, share=0.05, colour=(24, 22, 22))
    if pose.yaw_deg:
        relief = pose.shown_as is As.PERSON
        columns, rows = _turn(picture.shape[:2], centre, pose.face_px / 2, pose.yaw_deg, has_relief=relief)
        picture = np.asarray(cv2.remap(picture, columns, rows, cv2.INTER_LINEAR), dtype=np.uint8)
        cover = np.asarray(cv2.remap(cover, columns, rows, cv2.INTER_LINEAR), dtype=np.float32)
    if pose.blur_px > 1:
        picture = np.asarray(cv2.blur(picture, (1, pose.blur_px)), dtype=np.uint8)
    if pose.gain != 1:
        picture = np.asarray(cv2.convertScaleAbs(picture, alpha=pose.gain), dtype=np.uint8)
    return Sprite(picture=picture, cover=cover, centre=centre)


def background(size: tuple[int, int], *, seed: int) -> Picture:
    """Return a wall with a gate, width by height: nobody's picture."""
    rng, (width, height) = np.random.default_rng(seed), size
    greys = rng.integers(70, 170, (max(2, height // 60), max(2, width // 60), 1))
    few = (greys + rng.integers(-12, 13, (*greys.shape[:2], 3))).astype(np.uint8)
    wall = np.asarray(cv2.resize(few, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    wall[round(0.8 * height) :] //= 2
    for x in rng.integers(0, width, 8):
        shade = tuple(int(colour) for colour in rng.integers(20, 235, 3))
        cv2.line(wall, (int(x), 0), (int(x), height), shade, max(1, width // 160))
    return wall


def noise(size: tuple[int, int], number: int, sigma: float) -> NDArray[np.int16]:
    """Return a sensor's noise, one of a few that come in turn."""
    # Mixed well: else a picture every so often would always meet the same one, and stand still.
    return _noise(size, (number * 2_654_435_761 >> 13) % _NOISES, sigma)


def numbered(picture: Picture, number: int) -> None:
    """Write a number into the picture, as black and white blocks along its upper edge."""
    height, width = picture.shape[:2]
    for bit in range(_BITS):
        where = slice(0, height // 20), slice(bit * width // _BITS, (bit + 1) * width // _BITS)
        picture[where] = 255 if number >> bit & 1 else 0


def number_in(picture: Picture) -> int:
    """Return the number that was written into the picture."""
    width, y = picture.shape[1], picture.shape[0] // 40
    return sum(int(picture[y, (2 * bit + 1) * width // (2 * _BITS)].mean() > 127) << bit for bit in range(_BITS))  # noqa: PLR2004 - half of 255


@lru_cache(maxsize=2 * _NOISES)
def _noise(size: tuple[int, int], seed: int, sigma: float) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, sigma, (size[1], size[0], 3)).astype(np.int16)


@lru_cache(maxsize=8)
def _cut_out(width: int, height: int, face: Box) -> NDArray[np.float32]:
    """A cover with the outline of head and shoulders, soft: a person has no straight edges, a sheet of paper has."""
    cover = np.zeros((height, width), np.float32)
    left, top, wide, high = (share * side for share, side in zip(face, (width, height, width, height), strict=True))
    middle, chin = left + wide / 2, top + high
    head = (round(middle), round(top + 0.46 * high)), (round(0.72 * wide), round(0.74 * high))
    shoulders = (round(middle), height), (round(1.15 * wide), max(1, round(height - chin)))
    for at, axes in (head, shoulders):
        cv2.ellipse(cover, at, axes, 0, 0, 360, (1.0,), -1)
    edge = max(1, round(_FEATHER * wide))
    cover[:1], cover[-edge:], cover[:, :1], cover[:, -1:] = 0, 0, 0, 0
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), edge), dtype=np.float32)


def _turn(
    size: tuple[int, ...], centre: tuple[float, float], radius: float, yaw_deg: float, *, has_relief: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    Return where each point comes from when the picture is turned about the face's upright axis.

    A cheap warp. Without relief it is flat, as a photograph is: nothing moves before anything else. With relief
    the head is half an egg: the nose moves before the eyes (at 40 degrees by .1 to .4 of their distance, as YuNet
    sees it), but nothing comes into view that was not there.
    """
    yaw = np.deg2rad(yaw_deg)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    u, v = (x - centre[0]) / radius, (y - centre[1]) / radius
    came = u / np.cos(yaw)
    for _ in range(_LOOKS_BACK if has_relief else 0):
        # Each point comes from where its depth was, which is known only once it is known where it comes from.
        came = (u - _relief(came, v) * np.sin(yaw)) / np.cos(yaw)
    columns = centre[0] + radius * came
    return columns.astype(np.float32), y


def _relief(u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.3 * np.exp(-(u**2 / 1.1 + v**2 / 1.8)), dtype=np.float32)


def _framed(
    picture: Picture,
    cover: NDArray[np.float32],
    centre: tuple[float, float],
    *,
    share: float,
    colour: tuple[int, int, int],
) -> tuple[Picture, NDArray[np.float32], tuple[float, float]]:
    edge = max(1, round(share * picture.shape[1]))
    framed = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=colour)
    covers = cv2.copyMakeBorder(cover, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(1.0,))
    return (
        np.asarray(framed, dtype=np.uint8),
        np.asarray(covers, dtype=np.float32),
        (centre[0] + edge, centre[1] + edge),
    )


def _rippled(picture: Picture, phase: int) -> Picture:
    """A screen filmed: brighter, bluer, with the ripple of its pixels over those of the camera."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    ripple = 1 + 0.07 * np.sin(2 * np.pi * (x / 3.3 + y / 23 + phase / 8)) + 0.04 * np.sin(2 * np.pi * (y / 2.7))
    bright = picture * ripple[..., None] * np.array([1.15, 1.05, 1.0]) + 18
    return np.asarray(np.clip(bright, 0, 255), dtype=np.uint8)
