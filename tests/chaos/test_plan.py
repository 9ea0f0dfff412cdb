"""What the seed draws."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from hardware_fakes.chaos.faults import FAULTS
from hardware_fakes.chaos.plan import draw


@dataclass(frozen=True)
class Kind:
    parts: frozenset[str]
    weight: float = 1.0
    lasts_s: tuple[float, float] = field(default=(0.0, 9.0))


KINDS = [Kind(frozenset(parts)) for parts in ("a", "b", "ab", "c", "bc")]


@given(seed=st.integers())
def test_faults_that_need_the_same_part_never_meet(seed: int) -> None:
    drawn = list(draw(KINDS, seed=seed, length_s=120))
    meeting = [
        (first, second)
        for first, (first_s, lasts_s, one) in enumerate(drawn)
        for second, (second_s, _, other) in enumerate(drawn)
        if first < second and one.parts & other.parts and second_s < first_s + lasts_s
    ]

    assert not meeting


@given(seed=st.integers())
def test_a_minute_holds_a_dozen_faults_whatever_the_seed(seed: int) -> None:
    assert 12 <= len(list(draw(FAULTS, seed=seed, length_s=60)))


def test_a_seed_draws_the_same_again_and_another_seed_does_not() -> None:
    once, again, other = (list(draw(KINDS, seed=seed, length_s=60)) for seed in (7, 7, 8))

    assert once == again != other
