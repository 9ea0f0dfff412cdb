"""Syncs that fail and power that goes, one after the other: the kernel forgets what it could not write."""

from pathlib import Path

from hardware_fakes.disk import gate_check, office_check
from hardware_fakes.disk.powercut import Verdict, cut_everywhere, record
from hardware_fakes.disk.record import SyncFailed, marks

TOUCHES = 8
EVENTS = 12
CUTS = 600
CONTROL_CUTS = 200


def cuts(build_dir: Path, *words: str, count: int = CUTS) -> Verdict:
    lines = record("hardware_fakes.disk.fault_life", str(TOUCHES), *words, build_dir=build_dir)
    history = gate_check.promised(marks(lines)).accepted
    said = gate_check.Promised()

    assert sum(isinstance(line, SyncFailed) for line in lines) > 20
    assert len(history) >= 7 * TOUCHES - TOUCHES  # everybody but who stood there when it died
    return cut_everywhere(lines, cuts=count, hear=said.hear, check=lambda folder: gate_check.check(folder, said))


def office_cuts(build_dir: Path, *words: str, count: int = CUTS) -> Verdict:
    lines = record("hardware_fakes.disk.fault_life", str(EVENTS), "--office", *words, build_dir=build_dir)
    said = office_check.Handed()

    assert sum(isinstance(line, SyncFailed) for line in lines) > 20
    return cut_everywhere(
        lines, cuts=count, hear=said.hear, check=lambda folder: office_check.check(folder, said, size=EVENTS)
    )


def test_no_touch_is_lost_in_a_power_cut_behind_a_failed_sync(disk_build_dir: Path) -> None:
    """I1: a card that refuses one sync and a supply that fails an hour later take no green touch, and no file."""
    assert [] == cuts(disk_build_dir).wrong


def test_nothing_receipted_is_lost_in_a_power_cut_behind_a_failed_sync(disk_build_dir: Path) -> None:
    """The same at the receiver, which is alone with its file: its last close and its next open do it all."""
    assert [] == office_cuts(disk_build_dir).wrong


def test_a_log_believed_after_a_failed_sync_takes_touches_with_it(disk_build_dir: Path) -> None:
    """The harness can fail: what the program before left in the log was never on the disk."""
    assert "lost" in {wrong.kind for wrong in cuts(disk_build_dir, "--believe", count=CONTROL_CUTS).wrong}
    assert {"lost", "corrupt"} & {wrong.kind for wrong in office_cuts(disk_build_dir, "--believe", count=CUTS).wrong}
