"""
Which thresholds a model needs, measured: templates and probes of one picture, or of three fused. Decides nothing.

People need several pictures each, of different days; all of them stand in for one another. A threshold is the lowest,
in steps of 0.005, that keeps the rates below: for all people, and for those of every group alone, since a model may
take the people of one group for one another far more often than all.

1:1: a share of the pairs of different people. 1:N: no search may bring up a wrong person with a lead, whether the
person searched for is enrolled or not, and then a distance on top. Several frames of one visit are more alike than
pictures of different days: what fusing brings at a gate is less than what is measured here, and strangers score less.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.calibration import COUNTS, Mode
from models.face import Vector
from models.fuse import fused
from models.metrics import Rate, Scores, false_matches, false_non_matches

FMR_MAX, FMR_OF_GROUP_MAX = 2e-4, 2e-3
LEAD, DISTANCE = 0.06, 0.02
STEP = 0.005
CLEAR = 0.075
"""1:1: so far above the threshold one look is enough."""
DIFFERS_BELOW = 0.3
"""Of looks at one person 3 in 1000 are below."""
PEOPLE_MAX = 300
"""Fewer than were measured: the chance of a wrong person grows with everybody who is enrolled."""
SETS_MAX = 5
"""Of one person's pictures so many templates and probes are made, or those with most pictures would decide."""

People = Mapping[str, Sequence[Vector]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of one row of the calibration."""

    n_enrol: int
    n_probe: int
    mode: Mode
    threshold: float
    fmr: Rate
    """1:1: pairs. 1:N: searches that bring up a wrong person."""
    fnmr: Rate
    people: int
    """Who had enough pictures to be compared with themselves."""
    gallery: int
    """1:N: enrolled at once; 1:1: 1."""
    highest: float
    """Score of a wrong person: 1:1 of all, 1:N of those with a lead."""


def rows(people: People, groups: Mapping[str, frozenset[str]]) -> Iterator[Measured]:
    """
    Measure every row.

    Args:
        people: Unit vectors (128,) by person.
        groups: Who belongs to which; may be empty.

    """
    for n_enrol, n_probe in itertools.product(COUNTS, COUNTS):
        yield _one_to_one(people, groups, n_enrol, n_probe)
    for n_enrol, n_probe in itertools.product(COUNTS, COUNTS):
        yield _one_to_many(people, n_enrol, n_probe)


@dataclass(frozen=True, slots=True)
class _Sets:
    """Fused pictures, and whose."""

    owners: NDArray[np.str_]
    vectors: NDArray[np.float32]


def told(identity: str, row: Measured) -> str:
    """Return the row as `calibration.toml` has it."""
    pairs = "searches" if row.mode == "1:N" else "pairs"
    highest = f"highest score of a wrong person {row.highest:.3f}"
    return f"""
# {row.people} people compared with themselves; gallery of {row.gallery}; {highest}.
# Wrong: {row.fmr} {pairs}. Right, and not known: {row.fnmr}.
[[row]]
identity = "{identity}"
n_enrol = {row.n_enrol}
n_probe = {row.n_probe}
mode = "{row.mode}"
threshold = {row.threshold:.3f}
margin = {LEAD if row.mode == "1:N" else CLEAR}
differs_below = {min(DIFFERS_BELOW, row.threshold)}
people_max = {min(row.gallery, PEOPLE_MAX)}
fmr = {_claimed(row.fmr):.2g}
fmr_pairs = {row.fmr.trials}
fnmr = {_claimed(row.fnmr):.2g}
fnmr_pairs = {row.fnmr.trials}
"""


def _claimed(rate: Rate) -> float:
    return rate.at_most or rate.value or 0.0


def _one_to_one(people: People, groups: Mapping[str, frozenset[str]], n_enrol: int, n_probe: int) -> Measured:
    templates, probes = _sets(people, n_enrol), _sets(people, n_probe)
    scores = templates.vectors @ probes.vectors.T
    is_wrong = templates.owners[:, None] != probes.owners[None, :]
    if n_enrol == n_probe:  # each pair once
        is_wrong &= np.triu(np.ones_like(is_wrong), 1)
    impostors = scores[is_wrong].astype(np.float64)
    limits = [_lowest(impostors, FMR_MAX)]
    for members in groups.values():
        of_group = np.isin(templates.owners, list(members))[:, None] & np.isin(probes.owners, list(members))[None, :]
        limits.append(_lowest(scores[is_wrong & of_group].astype(np.float64), FMR_OF_GROUP_MAX))
    own = {name: list(_own(vectors, n_enrol, n_probe)) for name, vectors in people.items()}
    genuines = np.array(list(itertools.chain.from_iterable(own.values())), dtype=np.float64)
    return Measured(
        n_enrol=n_enrol,
        n_probe=n_probe,
        mode="1:1",
        threshold=max(limits),
        fmr=false_matches(impostors, max(limits)),
        fnmr=false_non_matches(genuines, max(limits)),
        people=sum(map(bool, own.values())),
        gallery=1,
        highest=float(impostors.max()),
    )


def _one_to_many(people: People, n_enrol: int, n_probe: int) -> Measured:
    """Everybody is enrolled, with as many pictures as there are up to `n_enrol`; each picture has its turn."""
    searches = list(
        itertools.chain.from_iterable(_searches(people, n_enrol, n_probe, turn) for turn in range(SETS_MAX))
    )
    highest = max((search.wrong for search in searches), default=0.0)
    threshold = _up(highest + DISTANCE)
    genuines = np.array([search.right for search in searches if search.is_enrolled], dtype=np.float64)
    return Measured(
        n_enrol=n_enrol,
        n_probe=n_probe,
        mode="1:N",
        threshold=threshold,
        fmr=Rate(errors=sum(search.wrong >= threshold for search in searches), trials=len(searches)),
        fnmr=false_non_matches(genuines, threshold),
        people=len({search.name for search in searches if search.is_enrolled}),
        gallery=len(people),
        highest=highest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    name: str
    is_enrolled: bool
    right: float
    """Score of the person searched for, who comes first with a lead; else -1."""
    wrong: float
    """Score of a wrong person, who does; else -1."""


def _searches(people: People, n_enrol: int, n_probe: int, turn: int) -> Iterator[_Search]:
    """Search for everybody twice: enrolled, by pictures that are not, and by any pictures, while not enrolled."""
    names = sorted(people)
    enrolled = {name: _turn(len(people[name]), n_enrol, turn) for name in names}
    gallery = np.array([fused([people[name][place] for place in enrolled[name]]) for name in names], dtype=np.float32)
    for own, name in enumerate(names):
        vectors = people[name]
        rest = [vectors[place] for place in range(len(vectors)) if place not in enrolled[name]]
        if len(rest) >= min(n_probe, 2):
            for probe in itertools.islice(itertools.combinations(rest, min(n_probe, len(rest))), SETS_MAX):
                yield _known(name, own, gallery @ fused(probe))
        for probe in itertools.islice(itertools.combinations(vectors, n_probe), SETS_MAX):
            first, second = _two_first(np.delete(gallery @ fused(probe), own))
            yield _Search(name=name, is_enrolled=False, right=-1.0, wrong=first if first - second >= LEAD else -1.0)


def _known(name: str, own: int, scores: NDArray[np.float32]) -> _Search:
    right, (first, second) = float(scores[own]), _two_first(np.delete(scores, own))
    return _Search(
        name=name,
        is_enrolled=True,
        right=right if right - first >= LEAD else -1.0,
        wrong=first if first - max(second, right) >= LEAD else -1.0,
    )


def _two_first(scores: NDArray[np.float32]) -> tuple[float, float]:
    second, first = np.partition(scores, -2)[-2:].tolist()
    return first, second


def _turn(count: int, wanted: int, turn: int) -> list[int]:
    """Return which of somebody's pictures are enrolled this time."""
    return [(turn + each) % count for each in range(min(wanted, count))]


def _sets(people: People, count: int) -> _Sets:
    made = [
        (name, fused(chosen))
        for name, vectors in people.items()
        for chosen in itertools.islice(itertools.combinations(vectors, count), SETS_MAX)
    ]
    return _Sets(np.array([name for name, _ in made]), np.array([vector for _, vector in made], dtype=np.float32))


def _own(vectors: Sequence[Vector], n_enrol: int, n_probe: int) -> Iterator[float]:
    """Compare a person's pictures with the others of the same person; two must do for three where there are no more."""
    places = range(len(vectors))
    count = min(n_probe, len(vectors) - n_enrol)
    if count < min(n_probe, 2):
        return
    for enrolled in itertools.combinations(places, n_enrol):
        template = fused([vectors[place] for place in enrolled])
        for probe in itertools.combinations([place for place in places if place not in enrolled], count):
            yield float(template @ fused([vectors[place] for place in probe]))


def _lowest(impostors: Scores, rate: float) -> float:
    if not len(impostors):
        return 0.0
    ranked = np.sort(impostors)[::-1]
    return _up(float(ranked[min(int(len(ranked) * rate), len(ranked) - 1)]))


def _up(score: float) -> float:
    """Return the next step above."""
    return round((math.floor(score / STEP) + 1) * STEP, 3)
