"""How a run ended: for people in lines, for machines as JSON. Counts nothing itself."""

import json
from collections import Counter
from dataclasses import dataclass, field

from hardware_fakes.chaos.judge import NS_PER_MS, Row, Verdict

SHOWN = 20
"""Lines of one kind, at most."""


@dataclass(slots=True, kw_only=True)
class Account:
    """What happened, and whether every promise was kept."""

    seed: int
    minutes: float
    began_ns: int
    """CLOCK_BOOTTIME at the beginning: what all printed times count from."""
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    faults: Counter[str] = field(default_factory=Counter)
    touches: int = 0
    """Cards put down."""
    answers: Counter[str] = field(default_factory=Counter)
    """What the lamps said to the readings; `none` where nothing."""
    waits_ms: list[float] = field(default_factory=list)
    """From the card to the lamp, rising."""
    epochs: int = 0
    starts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    """What makes the run bad although nothing is lost or doubled."""
    remarks: list[str] = field(default_factory=list)
    """What is worth knowing and makes nothing bad."""

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return self.verdict.is_good and not self.findings


def told(account: Account) -> list[str]:
    """Return the account in lines; the last one is the verdict's."""
    verdict = account.verdict
    return [
        f"seed {account.seed}, {account.minutes:g} minutes, {account.seconds:.0f} s in all",
        f"faults     {account.faults.total()}: {_counts(account.faults)}",
        f"touches    {account.touches} cards put down, {verdict.accepted + verdict.unanswered} readings",
        f"answers    {_counts(account.answers)}",
        f"lamps      {_waits(account.waits_ms)}",
        f"extra      {verdict.extra} rows of {verdict.unanswered} readings without a promise (one each is allowed)",
        f"epochs     {account.epochs}",
        f"starts     {_counts(account.starts)}",
        *(f"remark     {remark}" for remark in account.remarks[:SHOWN]),
        *(f"FINDING    {finding}" for finding in account.findings[:SHOWN]),
        *(f"LOST       {reading.told(account.began_ns)}" for reading in verdict.lost[:SHOWN]),
        *(f"DOUBLED    {_row(row, account.began_ns)}" for row in verdict.doubled[:SHOWN]),
        verdict.line(),
    ]


def as_json(account: Account) -> str:
    """Return the account for machines."""
    verdict = account.verdict
    return json.dumps(
        {
            "good": account.is_good,
            "seed": account.seed,
            "minutes": account.minutes,
            "seconds": round(account.seconds, 1),
            "accepted": verdict.accepted,
            "received": verdict.received,
            "lost": [reading.told(account.began_ns) for reading in verdict.lost],
            "doubled": [_row(row, account.began_ns) for row in verdict.doubled],
            "unanswered": verdict.unanswered,
            "extra": verdict.extra,
            "touches": account.touches,
            "answers": account.answers,
            "faults": account.faults,
            "epochs": account.epochs,
            "starts": account.starts,
            "findings": account.findings,
            "remarks": account.remarks,
        },
        indent=1,
    )


def _row(row: Row, began_ns: int) -> str:
    read_s = (row.boot_ms * NS_PER_MS - began_ns) / 1e9
    return f"{row.card} at {row.gate}, read at {read_s:.3f} s: epoch {row.epoch} number {row.seq}"


def _waits(waits_ms: list[float]) -> str:
    if not waits_ms:
        return "none"
    median, most = waits_ms[len(waits_ms) // 2], waits_ms[len(waits_ms) * 99 // 100]
    return f"median {median:.1f} ms, 99 % within {most:.0f} ms, longest {waits_ms[-1]:.0f} ms after the card was read"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
