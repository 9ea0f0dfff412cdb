"""A construction site's day as a list of gestures: who puts which card where, when. Plays nothing itself."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["in", "out"]

FAMILY = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
]
FOREIGN_SHARE = 0.15
NEW_EVERY = 20
"""One in so many has a card nobody has named yet."""
LUNCH_SHARE = 0.6
FORGETS_SHARE = 0.03
"""Of the ways out at night."""
TWICE_SHARE = 0.05
GIVEN = ["太郎", "次郎", "三郎", "健", "誠", "翔", "大輔", "直樹", "学", "剛", "花子", "由美", "美咲", "陽子", "恵"]
ABROAD = ["グエン・ヴァン・アン", "ブディ・サントソ", "王 偉", "アウン・ミン", "ホセ・クルス"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with a card."""

    card: bytes
    """FeliCa IDm, 8 bytes."""
    ccus_id: str
    name: str
    is_enrolled: bool
    """Whether the roster knows the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gesture:
    """One card put on one reader."""

    at_s: float
    """Seconds since the day began, in the site's time."""
    holder: Holder
    direction: Direction
    is_again: bool = False
    """The same card once more, a moment later: an unsure worker, counted once."""


def crew(size: int, *, seed: int) -> list[Holder]:
    """Return the people of a site; about one in twenty has a card nobody has named yet."""
    rng = random.Random(f"crew {seed}")
    return [_holder(number, rng) for number in range(size)]


def _holder(number: int, rng: random.Random) -> Holder:
    name = rng.choice(ABROAD) if rng.random() < FOREIGN_SHARE else f"{rng.choice(FAMILY)} {rng.choice(GIVEN)}"
    return Holder(
        card=bytes([0x01, 0x2E]) + number.to_bytes(2, "big") + rng.randbytes(4),
        ccus_id=f"{10_000_000_000_000 + number * 7919}",
        name=name,
        is_enrolled=number % NEW_EVERY != NEW_EVERY - 1,
    )


def day(people: Sequence[Holder], *, length_s: float, seed: int) -> list[Gesture]:
    """Return the day's gestures in order: morning rush, lunch, evening; some touch twice, a few forget the way out."""
    rng = random.Random(f"day {seed}")
    return sorted(
        (gesture for holder in people for gesture in _stay(holder, rng, length_s)), key=lambda gesture: gesture.at_s
    )


def _stay(holder: Holder, rng: random.Random, length_s: float) -> Iterator[Gesture]:
    yield from _touch(holder, rng, "in", length_s * min(0.15, max(0.0, rng.gauss(0.06, 0.02))), length_s)
    if rng.random() < LUNCH_SHARE:
        yield from _touch(holder, rng, "out", length_s * rng.uniform(0.44, 0.47), length_s)
        yield from _touch(holder, rng, "in", length_s * rng.uniform(0.53, 0.56), length_s)
    if rng.random() > FORGETS_SHARE:
        yield from _touch(holder, rng, "out", length_s * min(0.99, max(0.85, rng.gauss(0.93, 0.02))), length_s)


def _touch(holder: Holder, rng: random.Random, direction: Direction, at_s: float, length_s: float) -> Iterator[Gesture]:
    yield Gesture(at_s=at_s, holder=holder, direction=direction)
    if rng.random() < TWICE_SHARE:
        yield Gesture(at_s=at_s + length_s / 1000, holder=holder, direction=direction, is_again=True)
