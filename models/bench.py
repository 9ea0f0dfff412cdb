"""How fast this box looks at faces, step by step, and how fast others do beside it. Measures time; judges nobody."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.align import chip_of
from models.capture import Picture
from models.detect import Detector
from models.embed import Embedder
from models.face import Face
from models.pictures import PictureUnusable
from models.quality import quality_of
from models.sight import Sight
from models.watch import Watch

SIZES = ((640, 480), (1280, 720))
"""Of the pictures, px."""
FACE_PX = 160
WATCH_FPS = 12
_JPEG_QUALITY = 85
_NOISE = 3.0
"""Grey levels: a sensor's noise in good light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long a step takes, milliseconds."""

    best_ms: float
    median_ms: float
    cpu_ms: float
    """Median of the CPU's time: what it would be on a box that has nothing else to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One size of picture, one way of embedding."""

    identity: str
    width_px: int
    height_px: int
    has_face: bool
    """The picture shows one that is found; else the steps after the search look at a place without one: as quick."""
    steps: dict[str, Took]
    """`full` is all for one picture: find, landmarks, align, quality, embed. `near`: of a face that was seen before."""
    watching_percent: float
    """Of one core, while nobody is there: a JPEG decoded and searched, 12 times a second."""
    moving_percent: float
    """The same while something moves all the time."""
    peers: dict[str, Took | str]
    """What others take for search and embedding of the same picture; or why they were not asked."""


Ask = Callable[[Picture, Face], Callable[[], object]]
"""Gets a picture and the face in it, returns what is to be timed."""


def took(steps: dict[str, Callable[[], object]], *, rounds: int) -> dict[str, Took]:
    """Return how long each step takes. One after the other in each round, so that other load hits all the same."""
    for step in steps.values():
        step()
    times = [{name: _ms(step) for name, step in steps.items()} for _ in range(rounds)]
    return {name: _summed_up([each[name] for each in times]) for name in steps}


def _ms(step: Callable[[], object]) -> tuple[float, float]:
    begun, cpu_begun = time.perf_counter(), time.process_time()
    step()
    return (time.perf_counter() - begun) * 1000, (time.process_time() - cpu_begun) * 1000


def _summed_up(all_ms: Sequence[tuple[float, float]]) -> Took:
    wall_ms, cpu_ms = zip(*all_ms, strict=True)
    median_ms, cpu_median_ms = statistics.median(wall_ms), statistics.median(cpu_ms)
    return Took(best_ms=round(min(wall_ms), 3), median_ms=round(median_ms, 3), cpu_ms=round(cpu_median_ms, 3))


def figures(sight: Sight, picture: Picture, *, rounds: int, peers: dict[str, Ask | str]) -> Figures:
    """Return what this sight, and the peers, take for the picture. Uses one thread."""
    cv2.setNumThreads(1)
    found = sight.find(picture)
    face = found[0] if found else placed(picture)
    asks = {name: ask(picture, face) for name, ask in peers.items() if not isinstance(ask, str)}
    steps = _steps(sight, picture, face)
    times = took({**steps, **asks}, rounds=rounds)
    return Figures(
        identity=sight.identity,
        width_px=picture.shape[1],
        height_px=picture.shape[0],
        has_face=bool(found),
        steps={name: times[name] for name in steps},
        watching_percent=watching_percent(sight, nobody(picture, moves=False), rounds=rounds),
        moving_percent=watching_percent(sight, nobody(picture, moves=True), rounds=rounds),
        peers={name: times[name] if name in times else str(ask) for name, ask in peers.items()},
    )


def _steps(sight: Sight, picture: Picture, face: Face) -> dict[str, Callable[[], object]]:
    refined, chip, _ = sight.measure(picture, face)
    mirrored = Embedder(sight.embedder.net, has_mirror=True)

    def full() -> None:
        sight.find(picture)
        sight.embed(sight.measure(picture, face)[1])

    def full_near() -> None:
        detector_of(sight).near(picture, face)
        sight.embed(sight.measure(picture, face)[1])

    return {
        "find": lambda: sight.find(picture),
        "find near": lambda: detector_of(sight).near(picture, face),
        "landmarks": lambda: sight.landmarks.refined(picture, face),
        "align": lambda: chip_of(picture, refined.points),
        "quality": lambda: quality_of(refined, chip),
        "embed": lambda: sight.embed(chip),
        "embed with mirror": lambda: mirrored.embed(chip),
        "full": full,
        "full near": full_near,
    }


def placed(picture: Picture) -> Face:
    """Return a face in the middle of the picture, where a search finds none."""
    rows, columns = picture.shape[:2]
    left, top = (columns - FACE_PX) / 2, (rows - FACE_PX) / 2
    share = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    points = (np.array([left, top]) + share * FACE_PX).astype(np.float32)
    return Face(left=left, top=top, width=FACE_PX, height=FACE_PX, score=1.0, points=points)


def photograph(path: Path | None) -> Picture | None:
    """Return the picture in this file; raise PictureUnusable if it is none."""
    if path is None:
        return None
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise PictureUnusable(f"{path}: no picture that can be read; give a JPEG or PNG")
    return np.asarray(picture, dtype=np.uint8)


def canvas(width_px: int, height_px: int, shown: Picture | None) -> Picture:
    """Return a picture of this size: cloudy grey, and what is shown in its middle as large as it fits."""
    clouds = np.random.default_rng(7).integers(0, 256, (height_px // 40, width_px // 40, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(clouds, (width_px, height_px), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    if shown is not None:
        rows, columns = shown.shape[:2]
        share = min(height_px / rows, width_px / columns)
        size = max(1, int(columns * share)), max(1, int(rows * share))
        fitting = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
        left, top = (width_px - size[0]) // 2, (height_px - size[1]) // 2
        picture[top : top + size[1], left : left + size[0]] = fitting
    return picture


def nobody(picture: Picture, *, moves: bool) -> Sequence[bytes]:
    """Return a second of JPEGs of this size without a face, with a sensor's noise; shifted if something moves."""
    rows, columns = picture.shape[:2]
    plain, random = canvas(columns, rows, None), np.random.default_rng(3)

    def shown() -> Iterator[bytes]:
        for index in range(WATCH_FPS):
            shifted = np.roll(plain, 24 * index * moves, axis=1)
            noisy = np.clip(shifted + random.normal(0, _NOISE, plain.shape), 0, 255).astype(np.uint8)
            _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            yield jpeg.tobytes()

    return tuple(shown())


def watching_percent(sight: Sight, jpegs: Sequence[bytes], *, rounds: int) -> float:
    """Return how much of one core decoding and searching 12 pictures a second takes, by the CPU's time."""
    watch = Watch(detector_of(sight))

    def second() -> None:
        for jpeg in jpegs:
            picture = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
            watch.find(np.asarray(picture, dtype=np.uint8))

    each = took({"second": second}, rounds=max(3, rounds // 4))["second"]
    return round(each.cpu_ms / 1000 / len(jpegs) * WATCH_FPS * 100, 2)


def detector_of(sight: Sight) -> Detector:
    """Return what searches a picture for itself, without memory of others."""
    return sight.finder.detector if isinstance(sight.finder, Watch) else sight.finder
