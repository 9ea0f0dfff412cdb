"""
A day before a scripted camera: the enrolled, strangers, photographs and screens, by face alone, in real time.

`python tests/bench/face_day.py --faces DIR --identify CSV --models-dir DIR`: pictures of people with the columns image,
identity, role (gallery, probe, unknown), as `edge-agent models eval --identify` takes them. Prints who was taken for
whom, and how long it took from a face large enough to the answer. Not a part of `make bench`: it needs such pictures.
"""

import argparse
import csv
import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import cv2
from measure import percentile

from drivers.contract import FaceTemplate, Hint, HintKind, ReaderName
from drivers.face import FaceReader
from edge_agent.gallery.once import Once
from hardware_fakes.paint import Portrait
from hardware_fakes.scene import Scene
from hardware_fakes.stream import CameraServer
from hardware_fakes.watching import Watching, boot_ns

Kind = Literal["enrolled", "stranger", "photo", "screen"]
SEED = bytes(range(32))
WALK_S, STAY_S, PAUSE_S = 1.2, 3.3, 2.6
"""A visit, and long enough without anybody that the next one is another."""
FACE_PX = (36.0, 140.0)
NEAR_PX = 100.0
"""From here on a face is large enough for the terminal's own setting."""


@dataclass(frozen=True)
class Visit:
    kind: Kind
    who: str
    portrait: Portrait


@dataclass
class Outcome:
    visit: Visit
    taken_for: str = ""
    """Empty: nobody."""
    is_sent_to_card: bool = False
    wait_ms: float | None = None

    @property
    def word(self) -> str:
        if self.taken_for:
            is_right = self.visit.kind == "enrolled" and self.taken_for == self.visit.who
            return "recognised" if is_right else "ACCEPTED WRONGLY"
        return "sent to the card" if self.is_sent_to_card else "nothing said"


class Gallery:
    """Whom the camera knows: `drivers.face.Faces`."""

    def __init__(self, people: dict[bytes, tuple[str, FaceTemplate]]) -> None:
        self._people = people

    def seed(self) -> bytes:
        return SEED

    def templates(self) -> Sequence[FaceTemplate]:
        return [template for _, template in self._people.values()]

    def version(self) -> int:
        return 1

    def who(self, face_id: bytes) -> str:
        return self._people[face_id][0]


class Stage:
    """What the camera sees: one scene after the other."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.camera = CameraServer(self, fps=15)

    def mood_at(self, t_s: float) -> Any:
        return self.scene.mood_at(t_s)

    def jpeg_at(self, t_s: float) -> bytes:
        return self.scene.jpeg_at(t_s)

    def plays(self, scene: Scene) -> int:
        self.scene = scene
        return self.camera.begin()


def people_of(root: Path, table: Path) -> dict[str, dict[str, list[Path]]]:
    """Role to identity to pictures."""
    found: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            found[row["role"]][row["identity"]].append(root / row["image"])
    return found


def enlarged(file: Path) -> Any:
    """Press photographs of 250 px hold faces of 100: enrolment wants more, and gets no more detail than there is."""
    return cv2.resize(cv2.imread(str(file)), None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)


def enrol(pictures: dict[str, Path], *, models: Path, most: int) -> tuple[dict[bytes, tuple[str, FaceTemplate]], Any]:
    """Enrol by photo as the box does, gate and cohort check included, until so many are in."""
    once, people, refused = Once(models_dir=models, now_ns=boot_ns), {}, Counter()
    for who, file in pictures.items():
        if len(people) == most:
            break
        content = cv2.imencode(".png", enlarged(file))[1].tobytes()
        others = [template for _, template in people.values()]
        said = once.photo(content, wearing="bare", own=None, seed=SEED, others=others)
        if said.vector is None or "look_alike" in said.why:
            refused.update(said.why or ["no_word"])
            continue
        face_id = random.Random(who).randbytes(16)
        template = FaceTemplate(face_id=face_id, wearing="bare", model=said.model, vector=said.vector)
        people[face_id] = (who, template)
    return people, refused


def scene_of(visit: Visit, *, seed: int) -> Scene:
    scene, end_s = Scene(seed=seed), WALK_S + STAY_S
    if visit.kind == "photo":
        return scene.held_photo(visit.portrait, from_s=0.3, to_s=end_s, face_px=FACE_PX[1])
    if visit.kind == "screen":
        return scene.screen_replay(visit.portrait, from_s=0.3, to_s=end_s, face_px=FACE_PX[1])
    return scene.walks_up(visit.portrait, from_s=0.0, to_s=WALK_S, stays_s=STAY_S, face_px=FACE_PX)


def play(visits: Sequence[Visit], gallery: Gallery, *, models: Path, liveness: str) -> Iterator[Outcome]:
    """Play one visit after the other."""
    hints: list[Hint] = []
    stage = Stage()
    reader = FaceReader(
        name=ReaderName("cam-1"), now_ns=boot_ns, faces=gallery, hear_hint=hints.append, models_dir=str(models),
        video=stage.camera.url, camera_fps=12.0, face_mode="face", face_liveness=liveness, face_codes=False,
    )  # fmt: skip
    with Watching(reader) as watching:
        watching.wait_until_open(timeout_s=60)
        for number, visit in enumerate(visits):
            yield one(stage, watching, hints, gallery, visit, seed=number)
            if number % 20 == 19:
                print(f"  {number + 1} of {len(visits)} visits", file=sys.stderr, flush=True)
    stage.camera.close()


def one(stage: Stage, watching: Watching, hints: list[Hint], gallery: Gallery, visit: Visit, *, seed: int) -> Outcome:
    hints.clear()
    before, scene = len(watching.sightings), scene_of(visit, seed=seed)
    began_ns = stage.plays(scene)
    pause(WALK_S + STAY_S + 0.3)
    stage.plays(Scene(seed=seed))
    pause(PAUSE_S)
    outcome = Outcome(visit, is_sent_to_card=any(each.kind is HintKind.SHOW_CARD for each in hints))
    near_s = scene.script[0].near_s(NEAR_PX) or 0.0
    for seen in watching.sightings[before:]:
        who = gallery.who(seen.token)
        if not outcome.taken_for or who != visit.who:  # the worst of them counts
            outcome.taken_for = who
            outcome.wait_ms = (seen.seen_ns - began_ns) / 1e6 - near_s * 1000
    return outcome


def pause(wait_s: float) -> None:
    from threading import Event  # noqa: PLC0415

    Event().wait(wait_s)


def visits_of(found: dict[str, dict[str, list[Path]]], names: set[str], *, strangers: int, attacks: int) -> list[Visit]:
    """Everybody enrolled comes once with another picture; strangers; and attacks with pictures of the enrolled."""
    face = (0.305, 0.27, 0.39, 0.5)
    probes = {who: [Portrait.of(file, face=face) for file in files] for who, files in found["probe"].items()}
    visits = [Visit("enrolled", who, probes[who][0]) for who in sorted(names)]
    unknown = sorted(found["unknown"])[:strangers]
    visits += [Visit("stranger", who, Portrait.of(found["unknown"][who][0], face=face)) for who in unknown]
    attacked = sorted(names)[:attacks]
    visits += [Visit(kind, who, probes[who][0]) for kind in ("photo", "screen") for who in attacked]
    random.Random(11).shuffle(visits)
    return visits


def table(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in outcomes:
        counts[each.visit.kind][each.word] += 1
    return {kind: dict(words) for kind, words in counts.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--identify", type=Path, required=True)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--strangers", type=int, default=20)
    parser.add_argument("--attacks", type=int, default=15, help="of each species")
    parser.add_argument("--liveness", default="passive", choices=("off", "passive", "challenge"))
    args = parser.parse_args()
    found = people_of(args.faces, args.identify)
    both = {who: files[0] for who, files in found["gallery"].items() if found["probe"].get(who)}
    people, refused = enrol(both, models=args.models_dir, most=args.people)
    names = {who for who, _ in people.values()}
    visits = visits_of(found, names, strangers=args.strangers, attacks=args.attacks)
    gallery = Gallery(people)
    outcomes = list(play(visits, gallery, models=args.models_dir, liveness=args.liveness))
    waits = [each.wait_ms for each in outcomes if each.word == "recognised" and each.wait_ms is not None]
    said = {
        "enrolled": len(people), "refused at enrolment": dict(refused), "outcomes": table(outcomes),
        "wait_ms": {"p50": median(waits), "p99": percentile(waits, 0.99), "n": len(waits)} if waits else None,
        "wrong": [f"{each.visit.kind} {each.visit.who} taken for {each.taken_for}" for each in outcomes
                  if each.word == "ACCEPTED WRONGLY"],
    }  # fmt: skip
    print(json.dumps(said, indent=1, ensure_ascii=False))
    return 1 if said["wrong"] else 0


if __name__ == "__main__":
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    raise SystemExit(main())
