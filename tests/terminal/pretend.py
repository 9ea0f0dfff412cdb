"""Faces without models: pictures that say which people are in them, and a sight that reads that. Looks at no pixel."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration, Row
from models.face import Chip, Face, Look, Quality, Vector
from models.senses import Picture

S = 1_000_000_000
MS = 1_000_000
IDENTITY = "pretend/1"
ROWS, COLUMNS = 480, 640
GOOD = Quality(
    width_px=150,
    sharpness=160,
    brightness=120,
    contrast=40,
    yaw=0.0,
    roll_deg=0.0,
    pitch=0.5,
    score=0.93,
    length=14.0,
)
SEED = bytes(range(32))


def unit(vector: NDArray[np.float64]) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def direction(of: int) -> Vector:
    """Somebody's face: all are far from each other, as 128 dimensions have it."""
    return unit(np.random.default_rng([7, of]).standard_normal(128))


def near(vector: Vector, cosine: float, of: int) -> Vector:
    """A direction with exactly this cosine to the other; which one is said by the number."""
    noise = np.random.default_rng([11, of]).standard_normal(128)
    across = unit(noise - (noise @ vector) * vector)
    return unit(cosine * vector.astype(np.float64) + (1 - cosine**2) ** 0.5 * across.astype(np.float64))


def bare_chip() -> Chip:
    """As much of a face as is asked of a chip: no part is darker or smoother than another."""
    chip = np.full((112, 112, 3), 120, dtype=np.uint8)
    chip[::2] = 110
    return chip


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One person in one frame."""

    who: int
    x: float = 250.0
    width: float = 150.0
    likeness: float = 0.85
    """Cosine of this look to their face."""
    vector: Vector | None = None
    has_sunglasses: bool = False
    quality: Quality = GOOD

    def face(self) -> Face:
        points = np.zeros((5, 2), dtype=np.float32)
        return Face(left=self.x, top=150, width=self.width, height=1.3 * self.width, score=0.93, points=points)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    picture: Picture
    seen_ns: int


@dataclass
class Sight:
    """Counts what it is asked for: the dear steps must be few."""

    identity: str = IDENTITY
    scenes: list[Sequence[Seen]] = field(default_factory=list)
    embedded: int = 0
    measured: int = 0

    def shot(self, seen_ns: int, *people: Seen) -> Shot:
        self.scenes.append(people)
        picture = np.zeros((ROWS, COLUMNS, 3), dtype=np.uint8)
        _write(picture, len(self.scenes) - 1, 0)
        return Shot(picture=picture, seen_ns=seen_ns)

    def find(self, picture: Picture) -> list[Face]:
        return [seen.face() for seen in self.scenes[_read(picture)[0]]]

    def measure(self, picture: Picture, face: Face) -> tuple[Face, Chip, Quality]:
        self.measured += 1
        scene = _read(picture)[0]
        index = next(n for n, seen in enumerate(self.scenes[scene]) if seen.x == face.left)
        chip = bare_chip()
        if self.scenes[scene][index].has_sunglasses:
            chip[44:60, 26:86] = 12
        _write(chip, scene, index)
        return face, chip, replace(self.scenes[scene][index].quality, length=0.0, width_px=face.width)

    def embed(self, chip: Chip) -> tuple[Vector, float]:
        self.embedded += 1
        scene, index = _read(chip)
        seen = self.scenes[scene][index]
        number = 1000 * scene + index
        vector = near(direction(seen.who), seen.likeness, number) if seen.vector is None else seen.vector
        return vector, seen.quality.length


@dataclass(frozen=True)
class Stands:
    word: str
    why: str = ""


@dataclass
class Life:
    """A liveness that says what it is told to."""

    word: str = "unchecked"
    why: str = ""
    wants_look: bool = False
    looks: list[Look] = field(default_factory=list)
    faces: int = 0

    def saw(self, _picture: Picture, look: Look) -> None:
        self.looks.append(look)

    def saw_face(self, _face: Face, _seen_ns: int, *, others: Sequence[Face] = ()) -> None:
        assert len(others) <= 8
        self.faces += 1

    def standing(self, _now_ns: int) -> Stands:
        return Stands(self.word, self.why)


@dataclass(frozen=True, kw_only=True)
class Template:
    face_id: bytes
    vector: bytes
    model: str = IDENTITY
    wearing: str = "bare"


def face_id(of: int) -> bytes:
    return of.to_bytes(16, "big")


def table() -> Calibration:
    base = Row(
        id="row",
        threshold=0.40,
        margin=0.075,
        differs_below=0.30,
        people_max=1,
        fmr=1e-3,
        fmr_pairs=1,
        fnmr=0.01,
        fnmr_pairs=1,
    )
    rows = {
        (IDENTITY, n_enrol, n_probe, "1:1"): replace(base, id=f"t:1:1:{n_enrol}x{n_probe}")
        for n_enrol in (1, 3)
        for n_probe in (1, 3)
    }
    many = replace(base, threshold=0.475, margin=0.06, people_max=300)
    return Calibration(
        {**rows, **{(IDENTITY, n_enrol, 3, "1:N"): replace(many, id=f"t:1:N:{n_enrol}x3") for n_enrol in (1, 3)}}
    )


def _write(into: NDArray[np.uint8], scene: int, index: int) -> None:
    into.reshape(-1)[:8] = np.frombuffer(np.array([scene, index], dtype="<u4").tobytes(), dtype=np.uint8)


def _read(of: NDArray[np.uint8]) -> tuple[int, int]:
    scene, index = np.frombuffer(of.reshape(-1)[:8].tobytes(), dtype="<u4").tolist()
    return scene, index
