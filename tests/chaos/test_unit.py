"""What keeps the programs of `make chaos` running, as systemd would."""

import contextlib
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from hardware_fakes.chaos.unit import Unit

PATIENCE_S = 20.0
TICK_S = 0.01


def eventually(is_so: Callable[[], bool]) -> bool:
    for _ in range(round(PATIENCE_S / TICK_S)):
        if is_so():
            return True
        threading.Event().wait(TICK_S)
    return False


def test_what_ends_unasked_is_told_and_started_again(tmp_path: Path) -> None:
    with contextlib.closing(Unit("short", ("no-such-command",), log=tmp_path / "log")) as unit:
        unit.start()

        assert eventually(lambda: unit.starts >= 2)
        assert "short ended unasked with 2" in unit.faults


def test_what_is_killed_stays_away_until_it_is_wanted(tmp_path: Path) -> None:
    config = tmp_path / "receiver.toml"
    config.write_text(f'[receiver]\ndatabase = "{tmp_path}/events.db"\n[broker]\nhost = "127.0.0.1"\ntls = false\n')
    with contextlib.closing(Unit("office", ("receive", "--config", str(config)), log=tmp_path / "log")) as unit:
        unit.start()
        assert eventually((tmp_path / "events.db").exists)
        unit.end(signal.SIGKILL)
        unit.wait_ended()
        assert (1, False) == (unit.starts, unit.is_running)
        unit.start()

        assert eventually(lambda: unit.starts == 2)
        assert [] == unit.faults
