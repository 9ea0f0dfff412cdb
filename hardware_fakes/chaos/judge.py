"""Compare what lamps promised with what the office holds, reading by reading. Pure: knows no file and no clock."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hardware_fakes.chaos.witness import Reading

NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One touch the office holds."""

    epoch: str
    seq: int
    gate: str
    card: str
    """The reference, as outside the box."""
    boot_ms: int
    """CLOCK_BOOTTIME at the box when the card was read."""


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Whether every promise was kept."""

    accepted: int = 0
    """Readings whose lamp promised."""
    received: int = 0
    """Of those, how many the office holds."""
    lost: list[Reading] = field(default_factory=list)
    doubled: list[Row] = field(default_factory=list)
    """Rows beyond the one their reading allows, and rows no reading can have made."""
    unanswered: int = 0
    """Readings without a promise: the agent died, the lamp failed, or it said so."""
    extra: int = 0
    """Of those, how many the office holds nevertheless: a commit whose lamp was never lit. Allowed once each."""

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or doubled, and anything was accepted at all."""
        return self.accepted == self.received > 0 and not self.lost and not self.doubled

    def line(self) -> str:
        """Return the last line of a run."""
        return f"accepted {self.accepted} received {self.received} lost {len(self.lost)} doubled {len(self.doubled)}"


def judge(readings: Sequence[Reading], rows: Iterable[Row]) -> Verdict:
    """
    Give every row to the reading it came from, and count.

    A row belongs to the newest reading of its card at its gate that was not after it.
    """
    verdict = Verdict()
    made = _given(readings, rows, verdict)
    for number, reading in enumerate(readings):
        count = len(made[number])
        verdict.doubled += made[number][1:]
        if reading.is_accepted:
            verdict.accepted += 1
            verdict.received += bool(count)
            verdict.lost += [] if count else [reading]
        else:
            verdict.unanswered += 1
            verdict.extra += bool(count)
    return verdict


def _given(readings: Sequence[Reading], rows: Iterable[Row], verdict: Verdict) -> dict[int, list[Row]]:
    times: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for number, reading in enumerate(readings):
        times[reading.gate, reading.ref].append((reading.at_ns // NS_PER_MS, number))
    for each in times.values():
        each.sort()
    made: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        known = times[row.gate, row.card]
        place = bisect_right(known, (row.boot_ms, len(readings)))
        if place:
            made[known[place - 1][1]].append(row)
        else:
            verdict.doubled.append(row)
    return made
