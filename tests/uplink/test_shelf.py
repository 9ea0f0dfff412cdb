"""The spool as the uplink uses it, when the disk fails for a while."""

from pathlib import Path

from edge_agent.uplink.shelf import Shelf
from hardware_fakes.clock import FakeClock
from spool.journal import Journal


def test_a_gate_that_is_never_quiet_does_not_put_off_the_next_try(tmp_path: Path) -> None:
    """Each touch wakes the uplink: more of them than one a second kept it from ever sending again."""
    clock, path = FakeClock(), tmp_path / "spool.db"
    with Journal(path) as journal:
        shelf = Shelf(path, gateway="gw-1", journal=journal, clock=clock, retention_days=90)
        hidden = path.rename(tmp_path / "hidden.db")
        assert shelf.last() is None
        hidden.rename(path)
        looks = []
        for _ in range(4):
            clock.advance(0.4)
            looks.append(shelf.last())
        shelf.close()

    assert [None, None, 0, 0] == looks
