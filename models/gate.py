"""
Which looks at a face are good enough to compare, and what is wrong with the others. Looks at numbers, not pictures.

A bad look does not only fail to match: it matches strangers. Of two blurred faces of different people 37 in 100 came
out as one person, of two in sunglasses 11, of two under helmet and mask 19, of two good ones less than 1 in 1000. So
the gate is a part of the decision, and stricter for what is compared for years: the template.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from models.cover import Cover
from models.face import Face, Quality

Refusal = Literal["cut_off", "unsure_face", "small", "dark", "bright", "blurred", "covered", "turned", "tilted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What a look must reach to be compared.

    Sources: degraded pictures of 600 people against good ones (YuNet, SFace): FNMR at 40 px 2.7 %, at 24 px 7.3 %;
    Laplacian variance at 40 px 61, where blur begins to make strangers alike 34 and less; at a mean grey of 17
    22 % not recognised. Size at a terminal: `min_width_px` = 100 is what to ask for where people step up to a camera.
    Pose, from five points, of 350 press photographs: |yaw| is up to 0.23 and |roll| up to 6 degrees for 95 in 100,
    pitch is 0.46 to 0.61 for 98, with a helmet 0.42 to 0.55. Sunglasses and masks: models.cover.
    """

    min_width_px: float = 40.0
    min_score: float = 0.85
    min_sharpness: float = 40.0
    min_brightness: float = 40.0
    max_brightness: float = 220.0
    min_length: float = 8.0
    """Of the raw embedding: short where there is little of a face. Below 9: 3 in 1000 bare faces, 9 in 100 helmets."""
    min_eyes: float = 0.30
    """Of models.cover: sunglasses."""
    min_mouth: float = 0.40
    """Of models.cover: masks."""
    max_yaw: float = 0.25
    max_roll_deg: float = 25.0
    pitch: tuple[float, float] = (0.35, 0.72)
    max_outside: float = 0.1
    """How much of the face's width or height may be beyond the picture's edge."""


PROBE = Limits()
ENROL = Limits(
    min_width_px=120.0,
    min_score=0.90,
    min_sharpness=80.0,
    min_brightness=60.0,
    max_brightness=200.0,
    min_length=9.0,
    min_eyes=0.35,
    min_mouth=0.50,
    max_yaw=0.15,
    max_roll_deg=15.0,
    pitch=(0.40, 0.66),
    max_outside=0.0,
)
"""For a template of a bare face."""


def enrolling(wearing: str) -> Limits:
    """Return the limits for a template: under a helmet, or with a mask on purpose, some of them do not hold."""
    match wearing:
        case "helmet":
            return replace(ENROL, min_length=PROBE.min_length)
        case "mask":
            return replace(ENROL, min_length=0.0, min_mouth=0.0)
        case _:
            return ENROL


def refusals(
    face: Face, quality: Quality, limits: Limits, *, shape: tuple[int, ...], cover: Cover | None = None
) -> tuple[Refusal, ...]:
    """
    Return what is wrong with a look, the gravest first; empty: it may be compared.

    Args:
        face: Where it is, px.
        quality: As measured; before the embedding its length is 0 and is not judged.
        limits: What it must reach.
        shape: Rows and columns of the picture.
        cover: How eyes and mouth show; None: not asked.

    """
    why = [*_of_place(face, limits, shape), *_of_chip(quality, limits)]
    is_short = quality.length != 0 and not quality.length >= limits.min_length
    if is_short or (cover and not (cover.eyes >= limits.min_eyes and cover.mouth >= limits.min_mouth)):
        why.append("covered")
    return (*why, *_of_pose(quality, limits))


def _of_place(face: Face, limits: Limits, shape: tuple[int, ...]) -> Iterator[Refusal]:
    rows, columns = shape[:2]
    outside_x = max(-face.left, face.left + face.width - columns) / max(face.width, 1.0)
    outside_y = max(-face.top, face.top + face.height - rows) / max(face.height, 1.0)
    # Written so that what is not a number is refused, here and below.
    if not max(outside_x, outside_y) <= limits.max_outside:
        yield "cut_off"


def _of_chip(quality: Quality, limits: Limits) -> Iterator[Refusal]:
    if not quality.score >= limits.min_score:
        yield "unsure_face"
    if not quality.width_px >= limits.min_width_px:
        yield "small"
    # Before sharpness: the noise of a dark picture counts as sharp, and its blur comes from the darkness.
    if not quality.brightness >= limits.min_brightness:
        yield "dark"
    elif not quality.brightness <= limits.max_brightness:
        yield "bright"
    if not quality.sharpness >= limits.min_sharpness:
        yield "blurred"


def _of_pose(quality: Quality, limits: Limits) -> Iterator[Refusal]:
    lowest, highest = limits.pitch
    if not abs(quality.yaw) <= limits.max_yaw or not lowest <= quality.pitch <= highest:
        yield "turned"
    if not abs(quality.roll_deg) <= limits.max_roll_deg:
        yield "tilted"


def worth(quality: Quality) -> float:
    """Return how good a look is among those that passed, 0 to 1: straight, sharp and large is best."""
    sharp = min(1.0, quality.sharpness / ENROL.min_sharpness)
    large = min(1.0, quality.width_px / ENROL.min_width_px)
    return quality.score * sharp * large * max(0.0, 1 - abs(quality.yaw))
