"""A day on which everybody comes by one way and leaves by another, and what must come of it. Plays nothing itself.

The truth is written down person by person from the script, never computed by the program's own rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Way = Literal["pcsc", "nfc", "phone", "qr", "hand"]
WAYS: tuple[Way, ...] = ("pcsc", "nfc", "phone", "qr", "hand")
BELIEVED: frozenset[Way] = frozenset({"pcsc", "nfc", "qr"})
"""Ways that count without anybody's approval."""
COMPANIES = ("C1", "C2", "C3", "C4")
UNJUDGED = "C4"
"""The company whose touches nobody has come round to judging by the evening."""
WORKERS = 60
FIRST_IN_MIN, FIRST_OUT_MIN = 7 * 60, 16 * 60 + 30
"""Minutes after midnight of the first one in and the first one out; the others follow a minute apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comer:
    """Somebody of the sixty."""

    number: int
    way_in: Way
    way_out: Way

    @property
    def id(self) -> str:
        """技能者ID."""
        return f"{10_000_000_000_000 + self.number:014d}"

    @property
    def card(self) -> bytes:
        """IDm."""
        return bytes([0x01, 0x2E, 0x4C, 0xD8]) + self.number.to_bytes(4, "big")

    @property
    def phone(self) -> str:
        """As a list of telephone numbers writes it."""
        return f"090-1234-{self.number:04d}"

    @property
    def company(self) -> str:
        """Whose."""
        return COMPANIES[self.number % len(COMPANIES)]

    @property
    def in_min(self) -> int:
        """Minute after midnight of the way in."""
        return FIRST_IN_MIN + self.number

    @property
    def out_min(self) -> int:
        """Minute after midnight of the way out."""
        return FIRST_OUT_MIN + self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One gesture of the day."""

    minute: int
    second: int
    comer: Comer
    way: Way
    meaning: Literal["entry", "exit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the office must hold of one person on that day."""

    person: str
    company: str
    counts: bool
    """Whether the day counts already; otherwise it only waits."""
    minutes: int | None
    """Time on site; None where an end of it does not count, or is missing."""


def comers() -> list[Comer]:
    """Return the sixty: every way in with every other way out, three times."""
    return [_comer(number) for number in range(WORKERS)]


def _comer(number: int) -> Comer:
    way_in = number % len(WAYS)
    way_out = (way_in + 1 + number // len(WAYS) % (len(WAYS) - 1)) % len(WAYS)
    return Comer(number=number, way_in=WAYS[way_in], way_out=WAYS[way_out])


def steps() -> Iterator[Step]:
    """Yield the day in its order. Ways out come later in their minute, so that no fraction of a second decides one."""
    for comer in comers():
        yield Step(minute=comer.in_min, second=5, comer=comer, way=comer.way_in, meaning="entry")
    for comer in comers():
        yield Step(minute=comer.out_min, second=30, comer=comer, way=comer.way_out, meaning="exit")


def expected(*, is_judged: bool) -> list[Expected]:
    """Return the truth: before anybody judged, or after all but the last company's touches were approved."""
    return [_expected(comer, is_judged=is_judged and comer.company != UNJUDGED) for comer in comers()]


def _expected(comer: Comer, *, is_judged: bool) -> Expected:
    came, left = (is_judged or way in BELIEVED for way in (comer.way_in, comer.way_out))
    minutes = comer.out_min - comer.in_min if came and left else None
    return Expected(person=comer.id, company=comer.company, counts=came or left, minutes=minutes)


def waiting(*, is_judged: bool) -> set[tuple[str, str]]:
    """Return the touches that wait for a judgement: person and meaning."""
    return {
        (step.comer.id, step.meaning)
        for step in steps()
        if step.way not in BELIEVED and not (is_judged and step.comer.company != UNJUDGED)
    }
