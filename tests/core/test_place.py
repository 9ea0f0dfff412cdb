"""A site's fence: inside, outside, or nobody can tell."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.place import Fence, distance_m

TOKYO, OSAKA = (35.681236, 139.767125), (34.702485, 135.495951)
FENCE = Fence(latitude_deg=TOKYO[0], longitude_deg=TOKYO[1], radius_m=200)
places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def north_of(metres: float) -> tuple[float, float]:
    return TOKYO[0] + metres / 111_195, TOKYO[1]


@pytest.mark.parametrize(
    ("away_m", "accuracy_m", "inside"),
    [
        (0, 10, True),
        (150, 40, True),
        (195, 10, None),
        (205, 10, None),
        (0, 1500, None),
        (215, 10, False),
        (5000, 10, False),
    ],
)
def test_a_place_is_inside_only_when_all_of_it_is(away_m, accuracy_m, inside) -> None:
    """A bad fix at the edge accuses nobody, and excuses nobody."""
    assert inside is FENCE.holds(*north_of(away_m), accuracy_m)


def test_tokyo_to_osaka_is_four_hundred_kilometres() -> None:
    assert math.isclose(402_400, distance_m(TOKYO, OSAKA), rel_tol=0.002)


def test_the_date_line_is_no_wall() -> None:
    assert distance_m((0, 179.999), (0, -179.999)) < 300


@given(places, places)
def test_distance_is_the_same_both_ways_and_never_beyond_half_the_earth(one, other) -> None:
    away_m = distance_m(one, other)

    assert 0 <= away_m <= 20_016_000
    assert math.isclose(away_m, distance_m(other, one), abs_tol=1e-3)


@given(places)
def test_every_place_is_where_it_is(place) -> None:
    assert distance_m(place, place) < 1e-3


@given(st.floats(0, 1000), st.floats(0, 500), st.floats(0, 500))
def test_a_worse_fix_never_knows_more(away_m: float, accuracy_m: float, worse_m: float) -> None:
    good, bad = (FENCE.holds(*north_of(away_m), each) for each in (accuracy_m, accuracy_m + worse_m))

    assert bad in (good, None)
