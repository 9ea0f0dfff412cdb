"""Thresholds are measured as the rules say: on people who are drawn as directions, so that all can be told by hand."""

import tomllib

import numpy as np
import pytest

from models.calibration import Calibration
from models.trials import DISTANCE, FMR_MAX, STEP, Measured, rows, told

RNG = np.random.default_rng(7)


def people(count: int, *, pictures: int = 6, spread: float = 0.5) -> dict[str, list[np.ndarray]]:
    """Each person is a direction of chance, each picture one near it."""
    found = {}
    for number in range(count):
        own = RNG.normal(size=128)
        found[f"p{number:02}"] = [unit(own + spread * RNG.normal(size=128)) for _ in range(pictures)]
    return found


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def row(found: list[Measured], n_enrol: int, n_probe: int, mode: str) -> Measured:
    return next(each for each in found if (each.n_enrol, each.n_probe, each.mode) == (n_enrol, n_probe, mode))


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    return list(rows(people(20), {}))


def test_all_eight_rows_are_measured_and_keep_their_rate(measured: list[Measured]) -> None:
    assert 8 == len({(each.n_enrol, each.n_probe, each.mode) for each in measured})
    assert all(each.fmr.value <= FMR_MAX for each in measured if each.mode == "1:1")


def test_nobody_wrong_is_brought_up_among_many_and_a_distance_is_kept(measured: list[Measured]) -> None:
    for each in measured:
        if each.mode == "1:N":
            assert 0 == each.fmr.errors
            assert each.highest + DISTANCE < each.threshold <= each.highest + DISTANCE + STEP


def test_pairs_are_counted_once(measured: list[Measured]) -> None:
    """20 people with five sets of one picture each: 25 pairs of sets for each of 190 pairs of people."""
    assert 190 * 25 == row(measured, 1, 1, "1:1").fmr.trials
    assert 20 * 6 * 5 == row(measured, 1, 1, "1:1").fnmr.trials


def test_two_pictures_stand_for_a_probe_of_three_where_there_are_no_more() -> None:
    found = list(rows(people(5, pictures=5), {}))

    assert 5 == row(found, 3, 3, "1:1").people
    assert 5 * 10 == row(found, 3, 3, "1:1").fnmr.trials


def test_a_group_whose_people_are_alike_raises_the_threshold() -> None:
    """80 people hide it: few of all pairs are of these three, who are taken for one another."""
    near = people(1)["p00"][0]
    three = {f"q{number}": [unit(near + 0.05 * RNG.normal(size=128)) for _ in range(2)] for number in range(3)}
    mixed = people(80) | three

    plain, grouped = (
        row(list(rows(mixed, groups)), 1, 1, "1:1") for groups in ({}, {"three": frozenset(three)})
    )  # fmt: skip

    assert plain.threshold + STEP < grouped.threshold
    assert grouped.fmr.errors < plain.fmr.errors


def test_what_is_told_is_a_row_of_the_calibration(measured: list[Measured], tmp_path) -> None:
    table = tmp_path / "calibration.toml"
    table.write_text('version = "1"\n' + "".join(told("some/model", each) for each in measured))

    calibration = Calibration.load(table)

    assert 8 == len(tomllib.loads(table.read_text())["row"])
    for each in measured:
        assert each.threshold == calibration.row("some/model", each.n_enrol, each.n_probe, each.mode).threshold


def test_the_shipped_table_has_all_rows_for_both_forms() -> None:
    calibration = Calibration.load()

    for form in ("fp32-1", "int8-1"):
        for n_enrol in (1, 3):
            for n_probe in (1, 3):
                identity = f"fb143eea0783/{form}/cf"
                one, many = (calibration.row(identity, n_enrol, n_probe, mode) for mode in ("1:1", "1:N"))
                assert one.threshold < many.threshold
                assert (1, 300) == (one.people_max, many.people_max)


def test_whoever_is_as_near_to_two_is_brought_up_as_neither() -> None:
    """Three alike: each of them, while not enrolled, is near to both others, and the lead is none."""
    near = people(1)["p00"][0]
    three = {f"q{number}": [unit(near + 0.01 * RNG.normal(size=128)) for _ in range(2)] for number in range(3)}

    found = row(list(rows(people(10) | three, {})), 1, 1, "1:N")

    assert 0.5 > found.highest
