"""A face compared with everybody of a site, beside its floor: one matrix product. Played faces; no models."""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
from measure import Figure

from models.calibration import Calibration, Row
from models.decide import Rows, one_of_many
from models.known import Known
from models.turn import SIZE, to_bytes

IDENTITY = "played/1"
SIZES = (300, 1000, 3000)
FRAMES = 3
ROUNDS = 200
GOAL_MS = 10.0


class _Template:
    def __init__(self, number: int, vector: bytes) -> None:
        self.face_id, self.model, self.vector = number.to_bytes(16, "big"), IDENTITY, vector


def measure() -> list[Figure]:
    return [figure for people in SIZES for figure in _among(people)]


def _among(people: int) -> list[Figure]:
    rng = np.random.default_rng(people)
    faces = _unit(rng.standard_normal((people, SIZE)))
    known = Known(IDENTITY)
    known.secret(bytes(32))
    for number, face in enumerate(faces):
        known.know(_Template(number, to_bytes(known.turned(face))))
    looks = list(_unit(faces[people // 2] + 0.04 * rng.standard_normal((FRAMES, SIZE))))
    assert one_of_many(looks, known, _rows()).face_id == (people // 2).to_bytes(16, "big")
    floor_ms = _median_ms(lambda: faces @ looks[0])
    score_ms = _median_ms(lambda: known.scores(looks[0]))
    whole_ms = _median_ms(lambda: one_of_many(looks, known, _rows()))
    return [
        Figure(name=f"face among {people}: one matrix product (floor)", value=floor_ms, unit="ms"),
        Figure(name=f"face among {people}: everybody's best score", value=score_ms, unit="ms"),
        Figure(
            name=f"face among {people}: whole decision of three frames",
            value=whole_ms,
            unit="ms",
            goal=f"<= {GOAL_MS:g}",
            is_met=whole_ms <= GOAL_MS,
        ),
    ]


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _rows() -> Rows:
    row = Row(
        id="bench",
        threshold=0.40,
        margin=0.075,
        differs_below=0.30,
        people_max=1,
        fmr=1.0,
        fmr_pairs=1,
        fnmr=1.0,
        fnmr_pairs=1,
    )
    many = replace(row, threshold=0.475, margin=0.06, people_max=max(SIZES))
    one = {(IDENTITY, enrol, probe, "1:1"): row for enrol in (1, 3) for probe in (1, 3)}
    return Rows.of(Calibration(one | {(IDENTITY, enrol, 3, "1:N"): many for enrol in (1, 3)}), IDENTITY)


def _median_ms(call: Callable[[], object]) -> float:
    times_ns = []
    for _ in range(ROUNDS):
        began_ns = time.perf_counter_ns()
        call()
        times_ns.append(time.perf_counter_ns() - began_ns)
    return median(times_ns) / 1e6
