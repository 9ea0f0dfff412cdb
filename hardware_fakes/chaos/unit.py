"""A service as systemd runs it: wanted or not, started again when it ends unasked. Not the service itself."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread

RESTART_S = 0.5
STOP_TIMEOUT_S = 20.0
"""Who has not ended this long after SIGTERM is killed, and that is told."""


class Unit:
    """
    One `edge-agent` command, run by a thread of its own. Orders return at once; the process dies with the runner.

    Threads are not safe to give orders at the same time: one gives them.
    """

    def __init__(
        self, name: str, words: Sequence[str], *, log: Path, environment: Callable[[], Mapping[str, str]] = dict
    ) -> None:
        """
        Prepare; `start` starts.

        Args:
            name: How it is called in the account.
            words: The command's words behind `edge-agent`.
            log: Where its words go.
            environment: What is added to the environment of the next start.

        """
        self.name = name
        self.starts = 0
        self.faults: list[str] = []
        """How it ended although nobody asked, or otherwise than it should."""
        self._command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "edge_agent", *words]
        self._log = log
        self._environment = environment
        self._changed = Condition()
        self._is_wanted = self._is_over = False
        self._asked: signal.Signals | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name=f"unit-{name}", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self) -> None:
        """Want it; one that is still ending is waited for."""
        with self._changed:
            self._is_wanted = True
            self._changed.notify_all()

    def end(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Want it no more, and send it the signal."""
        with self._changed:
            self._is_wanted, self._asked = False, by
            self._signal(by)
            self._signal(signal.SIGCONT)

    def freeze(self) -> None:
        """Let it stand still; returns when it does, or is not there."""
        with self._changed:
            self._signal(signal.SIGSTOP)
            while self._process is not None and self._process.poll() is None and not _stands(self._process.pid):
                time.sleep(0.001)

    def thaw(self) -> None:
        """Let it go on."""
        with self._changed:
            self._signal(signal.SIGCONT)

    def wait_ended(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Wait until there is no process; after the timeout it is killed, and that is told."""
        with self._changed:
            if self._changed.wait_for(lambda: self._process is None, timeout_s):
                return
            self.faults.append(f"{self.name} did not end within {timeout_s:g} s of {self._asked!s}: killed")
            self._asked = signal.SIGKILL
            self._signal(signal.SIGKILL)
            self._changed.wait_for(lambda: self._process is None, timeout_s)

    def close(self) -> None:
        """Kill it, and end the thread."""
        with self._changed:
            self._is_wanted, self._is_over, self._asked = False, True, signal.SIGKILL
            self._signal(signal.SIGKILL)
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while (process := self._launch()) is not None:
            code = process.wait()
            with self._changed:
                self._process = None
                self._judge(code)
                self._changed.notify_all()
                if self._is_wanted and self._asked is None:
                    self._changed.wait_for(lambda: not self._is_wanted, RESTART_S)
                self._asked = None

    def _launch(self) -> "subprocess.Popen[bytes] | None":
        """Start it as soon as it is wanted; None when it will not be any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted or self._is_over)
            if self._is_over:
                return None
            self.starts += 1
            self._asked = None
            environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self._environment()}
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
                )
            return self._process

    def _judge(self, code: int) -> None:
        if self._asked is signal.SIGKILL:
            return
        if self._asked is None:
            self.faults.append(f"{self.name} ended unasked with {code}")
        elif code:
            self.faults.append(f"{self.name} ended with {code} at SIGTERM")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _stands(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] in {"T", "Z"}
    return True
