"""Power cuts at every operation of a life: nothing promised is lost, nothing is damaged; and the harness can fail."""

from collections import Counter
from pathlib import Path

from hardware_fakes.disk import gate_check, office_check
from hardware_fakes.disk.powercut import Verdict, cut_everywhere, record
from hardware_fakes.disk.record import Synced, Truncated, Unlinked, marks

CUTS = 1200
CONTROL_CUTS = 150
TOUCHES = 20
EVENTS = 6


def gate_cuts(build_dir: Path, *words: str, cuts: int = CUTS) -> Verdict:
    lines = record("hardware_fakes.disk.gate_life", str(TOUCHES), *words, build_dir=build_dir)
    told = marks(lines)
    history = gate_check.promised(told).accepted
    said = gate_check.Promised()

    assert len(history) > 5 * TOUCHES  # it lived to the end
    assert {Unlinked("spool.db-wal"), Unlinked("spool.db-shm")} <= set(lines)
    assert sum(isinstance(line, Truncated) and line.size == 0 for line in lines)  # a checkpoint emptied the log
    return cut_everywhere(
        lines,
        cuts=cuts,
        hear=said.hear,
        check=lambda folder: gate_check.check(folder, said, history=history),
    )


def office_cuts(build_dir: Path, *words: str, cuts: int = CUTS) -> Verdict:
    lines = record("hardware_fakes.disk.office_life", str(EVENTS), *words, build_dir=build_dir)
    said = office_check.Handed()

    assert sum(isinstance(line, Synced) for line in lines) > len(marks(lines)) / 2
    return cut_everywhere(
        lines,
        cuts=cuts,
        hear=said.hear,
        check=lambda folder: office_check.check(folder, said, size=EVENTS),
    )


def test_no_power_cut_takes_or_alters_an_accepted_touch(disk_build_dir: Path) -> None:
    """I0, I1, I4, I5: the box's supply is pulled at any moment of its life; every green answer is still true."""
    verdict = gate_cuts(disk_build_dir)

    assert CUTS == verdict.cuts
    assert [] == verdict.wrong


def test_no_power_cut_takes_what_a_receipt_covers(disk_build_dir: Path) -> None:
    """I1 at the other end: the gateway has pruned on that receipt, and this is the only copy."""
    verdict = office_cuts(disk_build_dir)

    assert CUTS == verdict.cuts
    assert [] == verdict.wrong


def test_without_a_sync_at_each_commit_the_same_cuts_take_touches(disk_build_dir: Path) -> None:
    """The harness can fail: synchronous=NORMAL, as most projects have it."""
    verdict = gate_cuts(disk_build_dir, "--normal", cuts=CONTROL_CUTS)

    assert {"lost"} == set(Counter(wrong.kind for wrong in verdict.wrong))


def test_without_a_sync_at_each_commit_the_same_cuts_take_receipted_events(disk_build_dir: Path) -> None:
    verdict = office_cuts(disk_build_dir, "--normal", cuts=CONTROL_CUTS)

    assert {"lost"} == set(Counter(wrong.kind for wrong in verdict.wrong))
