"""
What happens before a drawn camera, as a script: people walk up, turn, hold up photographs; it gets dark.

The same script with the same seed is the same film. It knows who is there when; whether anybody sees that, others say.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from hardware_fakes.paint import As, Box, Picture, Portrait, Pose, Wears, background, noise, numbered, sprite
from hardware_fakes.script import NEAR_PX, Appearance, Light, Weather
from hardware_fakes.stream import Mood

FACE: Box = (0.305, 0.27, 0.39, 0.5)
"""Where the face is in a picture of which nothing else is said: in the middle, as in the usual collections."""
_NOISE = 3.0
_STEP_PX, _STEP_DEG, _FADES = 2, 2, 8
"""Sizes, angles and fades come in steps: what was painted is used again."""
_STILL_HZ, _WALK_HZ = 0.4, 1.8

Source = Picture | Path | str | Portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    who: str
    face_px: float
    at: tuple[float, float]
    face: Box


@dataclass(slots=True)
class Scene:
    """A script that is being written, and the film of it. Times are seconds from the beginning."""

    behind: Picture | Path | str | None = None
    """What is seen where nobody is; None: a drawn wall."""
    seed: int = 0
    size: tuple[int, int] = (640, 480)
    brightness: float = 1.0
    is_numbered: bool = False
    """Whether each picture carries its time, in hundredths of a second: read it with `paint.number_in`."""
    faults: list[tuple[Mood, float, float]] = field(default_factory=list)
    """What the camera itself does wrong, from when until when."""
    _cast: list[Appearance] = field(default_factory=list)
    _lights: list[Light] = field(default_factory=list)
    _wall: Picture | None = None
    _sky: Picture | None = None
    _vest: Picture | None = None

    @property
    def script(self) -> Sequence[Appearance]:
        """Who is before the camera, in order: the ground truth."""
        return sorted(self._cast, key=lambda each: each.from_s)

    def in_front(self, t_s: float, *, near_px: float = NEAR_PX) -> Sequence[Appearance]:
        """Return who has a face large enough at that moment."""
        return [each for each in self.script if each.face_px_at(t_s) >= near_px]

    def walks_up(
        self,
        *pictures: Source,
        from_s: float,
        to_s: float,
        who: str = "",
        stays_s: float = 2.0,
        face_px: tuple[float, float] = (24.0, 120.0),
        at: tuple[float, float] = (0.5, 0.5),
        face: Box = FACE,
        wears: Iterable[Wears] = (),
    ) -> Self:
        """Let somebody come nearer, stand still for a while, and be gone; several pictures fade into each other."""
        return self._appears(
            Appearance(
                who=who,
                shown_as=As.PERSON,
                from_s=from_s,
                arrived_s=to_s,
                until_s=to_s + stays_s,
                face_px=face_px,
                at=at,
                portraits=_portraits(pictures, face, wears),
            )
        )

    def turns(
        self,
        *pictures: Source,
        from_s: float,
        to_s: float,
        who: str = "",
        yaw_deg: float = 40.0,
        turn_s: float = 3.0,
        face_px: float = 120.0,
        at: tuple[float, float] = (0.5, 0.5),
        face: Box = FACE,
        wears: Iterable[Wears] = (),
        is_flat: bool = False,
    ) -> Self:
        """Let somebody stand there and turn the head right, left and back; flat: it is a photograph that is turned."""
        return self._appears(
            Appearance(
                who=who,
                shown_as=As.PHOTO if is_flat else As.PERSON,
                from_s=from_s,
                arrived_s=from_s,
                until_s=to_s,
                face_px=(face_px, face_px),
                at=at,
                portraits=_portraits(pictures, face, wears),
                turns_deg=yaw_deg,
                turn_s=turn_s,
            )
        )

    def held_photo(
        self,
        picture: Source,
        *,
        from_s: float,
        to_s: float,
        who: str = "",
        face_px: float = 110.0,
        at: tuple[float, float] = (0.5, 0.5),
        face: Box = FACE,
    ) -> Self:
        """Let a photograph on paper, with a white border, be held up by a hand that trembles."""
        where = _Where(who=who, face_px=face_px, at=at, face=face)
        return self._held(As.PHOTO, (picture,), (from_s, to_s), where)

    def screen_replay(
        self,
        *pictures: Source,
        from_s: float,
        to_s: float,
        who: str = "",
        face_px: float = 110.0,
        at: tuple[float, float] = (0.5, 0.5),
        face: Box = FACE,
    ) -> Self:
        """Let a telephone play pictures that fade into each other: bright, flickering, with ripples, in a dark case."""
        where = _Where(who=who, face_px=face_px, at=at, face=face)
        return self._held(As.SCREEN, pictures, (from_s, to_s), where)

    def dark(self, from_s: float, until_s: float, *, level: float = 0.02) -> Self:
        """Switch the light off."""
        return self._light(Weather.DARK, from_s, until_s, level)

    def night(self, from_s: float, until_s: float, *, level: float = 0.04) -> Self:
        """Let it be night, with one lamp far away that swings."""
        return self._light(Weather.NIGHT, from_s, until_s, level)

    def backlit(self, from_s: float, until_s: float) -> Self:
        """Let the sun stand behind whoever comes."""
        return self._light(Weather.BACKLIT, from_s, until_s, 0.22)

    def covered(self, from_s: float, until_s: float, *, level: float = 90.0) -> Self:
        """Put something over the lens that lets this much light through, 0 to 255."""
        return self._light(Weather.COVERED, from_s, until_s, level)

    def passes_close(self, from_s: float, until_s: float) -> Self:
        """Let somebody in a safety vest walk by so close that nothing else is seen."""
        return self._light(Weather.CLOSE, from_s, until_s, 1.0)

    def camera_is(self, mood: Mood, from_s: float, until_s: float = math.inf) -> Self:
        """Let the camera itself do wrong."""
        self.faults.append((mood, from_s, until_s))
        return self

    def mood_at(self, t_s: float) -> Mood:
        """Return how the camera behaves at that moment."""
        return self._mood_since(t_s)[0]

    def frame_at(self, t_s: float) -> Picture:
        """Return the picture of that moment, as the sensor has it."""
        light = self._light_at(t_s)
        picture = self._backdrop(light).copy()
        gain = light.level if light and light.weather is Weather.BACKLIT else 1.0
        for each in self.script:
            if each.face_px_at(t_s):
                self._put(each, picture, t_s, gain)
        if light:
            self._shine(light, picture, t_s)
        if self.brightness != 1:
            cv2.convertScaleAbs(picture, picture, alpha=self.brightness)
        if self.is_numbered:
            numbered(picture, round(t_s * 100))
        grain = noise(self.size, round(t_s * 1000) + self.seed, _NOISE)
        return np.asarray(cv2.add(picture, grain, dtype=cv2.CV_8U), dtype=np.uint8)

    def jpeg_at(self, t_s: float) -> bytes:
        """Return what the camera sends at that moment: broken in the middle while it is corrupt."""
        mood, since_s = self._mood_since(t_s)
        jpeg = jpeg_of(self.frame_at(since_s if mood is Mood.STUCK else t_s))
        if mood is not Mood.CORRUPT:
            return jpeg
        half = len(jpeg) // 2
        return jpeg[:half] + np.random.default_rng(round(t_s * 1000)).bytes(half)

    def _mood_since(self, t_s: float) -> tuple[Mood, float]:
        for mood, from_s, until_s in self.faults:
            if from_s <= t_s < until_s:
                return mood, from_s
        return Mood.LIVE, 0.0

    def _appears(self, appearance: Appearance) -> Self:
        self._cast.append(appearance)
        return self

    def _held(self, what: As, pictures: tuple[Source, ...], time_s: tuple[float, float], where: "_Where") -> Self:
        from_s, to_s = time_s
        return self._appears(
            Appearance(
                who=where.who,
                shown_as=what,
                from_s=from_s,
                arrived_s=from_s,
                until_s=to_s,
                face_px=(where.face_px, where.face_px),
                at=where.at,
                portraits=_portraits(pictures, where.face, ()),
                sway_px=3.0,
            )
        )

    def _light(self, weather: Weather, from_s: float, until_s: float, level: float) -> Self:
        self._lights.append(Light(weather=weather, from_s=from_s, until_s=until_s, level=level))
        return self

    def _light_at(self, t_s: float) -> Light | None:
        return next((light for light in self._lights if light.from_s <= t_s < light.until_s), None)

    def _backdrop(self, light: Light | None) -> Picture:
        if self._wall is None:
            self._wall = self._built()
        if light is None or light.weather is not Weather.BACKLIT:
            return self._wall
        if self._sky is None:
            self._sky = np.asarray(cv2.convertScaleAbs(self._wall, alpha=0.3, beta=215), dtype=np.uint8)
        return self._sky

    def _built(self) -> Picture:
        if self.behind is None:
            return background(self.size, seed=self.seed)
        given = Portrait.of(self.behind, face=FACE).picture
        return np.asarray(cv2.resize(given, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _put(self, each: Appearance, picture: Picture, t_s: float, gain: float) -> None:
        is_walking = t_s < each.arrived_s
        face_px = _stepped(each.face_px_at(t_s), _STEP_PX)
        pose = Pose(
            shown_as=each.shown_as,
            face_px=max(_STEP_PX, face_px),
            yaw_deg=_stepped(each.yaw_deg_at(t_s), _STEP_DEG),
            blur_px=face_px // 24 if is_walking else 0,
            gain=gain if each.shown_as is not As.SCREEN else 1.0,
            phase=round(t_s * 9) % 8 if each.shown_as is As.SCREEN else 0,
        )
        width, height = self.size
        swing = math.sin(2 * math.pi * t_s * (_WALK_HZ if is_walking else _STILL_HZ))
        tremble = math.sin(2 * math.pi * t_s * 5.3) * (each.shown_as is not As.PERSON)
        sway = each.sway_px * (swing + 0.5 * tremble)
        at = each.at[0] * width + sway, each.at[1] * height + (0.05 * face_px * swing if is_walking else 0.5 * sway)
        sprite(_portrait_at(each, t_s), pose).laid_into(picture, at)

    def _shine(self, light: Light, picture: Picture, t_s: float) -> None:
        match light.weather:
            case Weather.DARK | Weather.NIGHT:
                cv2.convertScaleAbs(picture, picture, alpha=light.level)
                if light.weather is Weather.NIGHT:
                    self._hang_lamp(picture, t_s)
            case Weather.COVERED:
                slope = np.linspace(light.level - 8, light.level + 8, picture.shape[1])
                picture[:] = slope[None, :, None].astype(np.uint8)
            case Weather.CLOSE:
                self._pass_by(picture, (t_s - light.from_s) / (light.until_s - light.from_s))
            case Weather.BACKLIT:
                pass

    def _hang_lamp(self, picture: Picture, t_s: float) -> None:
        """Hang up a lamp about as large as what decides between dark and not, swinging."""
        width, height = self.size
        radius = 0.06 * height * (1 + 0.35 * math.sin(2 * math.pi * t_s / 1.7))
        cv2.circle(picture, (round(0.8 * width), round(0.2 * height)), round(radius), (150, 220, 250), -1)

    def _pass_by(self, picture: Picture, way: float) -> None:
        """Move a vest through the picture: dark cloth, soft folds, two bands."""
        width, height = self.size
        if self._vest is None:
            rng = np.random.default_rng(self.seed + 1)
            folds = rng.integers(30, 70, (5, 9, 3)).astype(np.uint8)
            self._vest = np.asarray(
                cv2.resize(folds, (2 * width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8
            )
            for x in (0.55, 1.3):
                cv2.line(
                    self._vest, (round(x * width), 0), (round((x + 0.1) * width), height), (60, 220, 200), width // 9
                )
            self._vest = np.asarray(cv2.GaussianBlur(self._vest, (0, 0), width / 50), dtype=np.uint8)
        x = round((3 * way - 2) * width)
        left, right = max(0, x), min(width, x + 2 * width)
        if left < right:
            picture[:, left:right] = self._vest[:, left - x : right - x]


def jpeg_of(picture: Picture, *, quality: int = 85) -> bytes:
    """Return the picture as a network camera sends it."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def write_file(scene: Scene, path: Path, *, seconds: float, fps: int = 15, fourcc: str = "MJPG") -> Path:
    """
    Write the scene as a film.

    Raises:
        OSError: This kind of film cannot be written here.

    """
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, scene.size)
    if not writer.isOpened():
        raise OSError(f"{path}: cannot be written as {fourcc}")
    for number in range(round(seconds * fps)):
        writer.write(scene.frame_at(number / fps))
    writer.release()
    return path


def _portraits(pictures: Sequence[Source], face: Box, wears: Iterable[Wears]) -> tuple[Portrait, ...]:
    things = frozenset(wears)
    given = [each if isinstance(each, Portrait) else Portrait.of(each, face=face) for each in pictures]
    return tuple(each.wearing(things) if things else each for each in given)


def _portrait_at(each: Appearance, t_s: float) -> Portrait:
    """Return the picture of that moment, between two of those that fade into each other."""
    way = (t_s - each.from_s) / (each.until_s - each.from_s) * (len(each.portraits) - 1)
    first, step = int(way), round((way % 1) * _FADES)
    return _faded(each.portraits[first], each.portraits[first + 1], step) if step else each.portraits[first]


@lru_cache(maxsize=16)
def _faded(first: Portrait, second: Portrait, step: int) -> Portrait:
    return first.faded(second, step / _FADES)


def _stepped(value: float, step: int) -> int:
    return step * round(value / step)
