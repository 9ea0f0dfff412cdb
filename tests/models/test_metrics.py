"""Error rates are what ISO/IEC 19795-1 means by them: counted by hand, and by what must hold for any scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.metrics import (
    Rate,
    best_accuracy,
    equal_error,
    false_matches,
    false_non_matches,
    folded_accuracy,
    threshold_for,
)

GENUINES = np.array([0.9, 0.8, 0.7, 0.3])
IMPOSTORS = np.array([0.5, 0.2, 0.1, 0.0, -0.1])
# Few different values, so that equal scores come often.
COSINES = st.integers(-20, 20).map(lambda n: n / 20)


def scores(least: int = 1):
    return st.integers(least, 40).flatmap(lambda n: arrays(np.float64, n, elements=COSINES))


def test_a_score_at_the_threshold_is_a_match() -> None:
    """Daemon and report must mean the same: at or above."""
    assert (1, 0) == (false_matches(IMPOSTORS, 0.5).errors, false_non_matches(GENUINES, 0.3).errors)
    assert (0, 1) == (
        false_matches(IMPOSTORS, np.nextafter(0.5, 1)).errors,
        false_non_matches(GENUINES, np.nextafter(0.3, 1)).errors,
    )


def test_rates_by_hand() -> None:
    assert 0.2 == false_matches(IMPOSTORS, 0.4).value
    assert 0.25 == false_non_matches(GENUINES, 0.4).value


def test_no_error_in_n_trials_is_no_zero() -> None:
    """The rule of three: whoever saw nothing go wrong 100 times may claim 3 %, not 0."""
    rate = Rate(errors=0, trials=100)

    assert 0.03 == rate.at_most
    assert "<= 3.00% (0 of 100)" == str(rate)


def test_a_rate_with_errors_or_without_trials_claims_no_bound() -> None:
    assert Rate(errors=1, trials=100).at_most is None
    assert Rate(errors=0, trials=0).value is None
    assert 1.0 == Rate(errors=0, trials=2).at_most


def test_threshold_by_hand() -> None:
    """One of five may pass: the threshold lies just above the second highest."""
    threshold = threshold_for(IMPOSTORS, 0.2)

    assert np.nextafter(0.2, 1) == threshold


def test_too_few_impostors_give_no_threshold() -> None:
    assert threshold_for(IMPOSTORS, 0.1) is None
    assert threshold_for(np.array([]), 0.1) is None


def test_equal_error_by_hand() -> None:
    """At 0.5 one of four and one of five err, at 0.3 none and one, at 0.7 one and none: nearest at 0.5."""
    eer = equal_error(GENUINES, IMPOSTORS)

    assert eer is not None
    assert pytest.approx((0.225, 0.5)) == eer


def test_best_accuracy_weighs_both_kinds_alike() -> None:
    """Ten times as many impostors must not hide that one genuine pair in four is refused."""
    few, many = best_accuracy(GENUINES, IMPOSTORS), best_accuracy(GENUINES, np.tile(IMPOSTORS, 10))

    assert few is not None
    assert many is not None
    assert pytest.approx(0.9) == few.mean == many.mean
    assert 0.2 < few.threshold <= 0.3


def test_folds_are_judged_at_the_others_threshold() -> None:
    """The first tenth lies elsewhere than the others: at their threshold it fails, at its own it would not."""
    genuines = np.array([0.1, *[0.9] * 9])
    impostors = np.array([0.0, *[0.5] * 9])

    folded, single = folded_accuracy(genuines, impostors), best_accuracy(genuines, impostors)

    assert folded is not None
    assert single is not None
    assert pytest.approx((9 + 0.5) / 10) == folded.mean
    assert folded.deviation > 0
    assert pytest.approx(0.95) == single.mean


@pytest.mark.parametrize(("genuines", "impostors"), [([], [0.1]), ([0.9], []), ([], [])])
def test_one_kind_alone_gives_no_number_and_no_crash(genuines: list[float], impostors: list[float]) -> None:
    both = np.array(genuines, dtype=float), np.array(impostors, dtype=float)

    assert [None] * 3 == [measure(*both) for measure in (equal_error, best_accuracy, folded_accuracy)]


@given(scores(), COSINES, COSINES)
def test_a_higher_threshold_accepts_no_more(some: np.ndarray, one: float, other: float) -> None:
    low, high = sorted((one, other))

    assert false_matches(some, low).errors >= false_matches(some, high).errors
    assert false_non_matches(some, low).errors <= false_non_matches(some, high).errors


@given(scores(), COSINES)
def test_every_score_is_either_a_match_or_not(some: np.ndarray, threshold: float) -> None:
    assert len(some) == false_matches(some, threshold).errors + false_non_matches(some, threshold).errors


@given(scores(), st.sampled_from([0.05, 0.1, 0.25, 0.5, 1.0]))
def test_the_threshold_keeps_its_rate_and_no_lower_one_does(some: np.ndarray, rate: float) -> None:
    threshold = threshold_for(some, rate)
    if threshold is None:
        assert len(some) < 1 / rate
        return

    assert false_matches(some, threshold).value <= rate
    lower = [each for each in np.unique(some) if each < threshold]
    assert all(false_matches(some, each).value > rate for each in lower)


@given(scores(), scores())
def test_equal_error_lies_between_the_rates_at_its_threshold(genuines: np.ndarray, impostors: np.ndarray) -> None:
    eer, threshold = equal_error(genuines, impostors)
    rates = sorted((false_matches(impostors, threshold).value, false_non_matches(genuines, threshold).value))

    assert rates[0] - 1e-9 <= eer <= rates[1] + 1e-9


@given(scores(), scores())
def test_no_threshold_is_better_than_the_best(genuines: np.ndarray, impostors: np.ndarray) -> None:
    best = best_accuracy(genuines, impostors)
    tried = [*np.linspace(-1.1, 1.1, 45), best.threshold]
    means = [1 - (false_matches(impostors, t).value + false_non_matches(genuines, t).value) / 2 for t in tried]

    assert pytest.approx(max(means)) == best.mean


@given(scores(10), scores(10))
def test_folds_do_not_beat_the_one_best_threshold(genuines: np.ndarray, impostors: np.ndarray) -> None:
    """With folds of equal size: choosing without knowing is never better than choosing with."""
    genuines, impostors = (each[: len(each) // 10 * 10] for each in (genuines, impostors))

    assert folded_accuracy(genuines, impostors).mean <= best_accuracy(genuines, impostors).mean + 1e-9


@given(scores(), scores(), st.integers(1, 3))
def test_more_of_the_same_changes_no_rate(genuines: np.ndarray, impostors: np.ndarray, times: int) -> None:
    again = equal_error(np.tile(genuines, times), np.tile(impostors, times))

    assert pytest.approx(equal_error(genuines, impostors)) == again
