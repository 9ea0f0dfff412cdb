"""A box's journal and intake in a process of its own, on whatever disk; its readers touch when they are told to."""

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from hardware_fakes.disk.gate_life import SAVED, Box
from spool import file as spool_file


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of some touches."""

    accepted: dict[int, bytes] = field(default_factory=dict)
    """By number: what was promised, byte for byte."""
    refused: int = 0
    """Answered: not saved."""
    escaped: list[str] = field(default_factory=list)
    """Exceptions that reached a reader's thread."""
    longest_s: float = 0.0
    """The longest any worker waited for an answer."""


class GateProcess:
    """The other end of the pipe."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None, busy_s: float = 5.0) -> None:
        """
        Start it on this folder.

        Args:
            folder: Where the spool lies.
            environment: More of it, for a faulty disk.
            busy_s: How long it waits for another process's lock.

        """
        self.accepted: dict[int, bytes] = {}
        """All that was ever promised here."""
        command = [sys.executable, "-m", "hardware_fakes.disk.gate_process", str(folder), str(busy_s)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}
        )

    def touches(self, count: int, *, readers: int = 1) -> Tally:
        """
        Let each of so many readers touch so many times, as fast as they can; return what came of it.

        Raises:
            RuntimeError: The process is gone.

        """
        pipe = self._process
        assert pipe.stdin is not None and pipe.stdout is not None  # noqa: S101, PT018 - both are pipes
        with contextlib.suppress(BrokenPipeError):
            pipe.stdin.write(json.dumps([count, readers]).encode() + b"\n")
            pipe.stdin.flush()
        line = pipe.stdout.readline()
        if not line:
            raise RuntimeError(f"the gate's process ended with {pipe.wait()}; its words are above")
        told: dict[str, Any] = json.loads(line)
        accepted = {int(seq): body.encode() for seq, body in told.pop("accepted").items()}
        self.accepted |= accepted
        return Tally(accepted=accepted, **told)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """Let it stop in order."""
        self._process.communicate(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.kill()


class _Gate:
    """Within the process."""

    def __init__(self, folder: Path) -> None:
        self.tally = Tally()
        self._box = Box(folder, self._marked, boot=int(time.monotonic()))

    def run(self) -> None:
        """Serve until there are no more orders."""
        for line in sys.stdin:
            count, readers = json.loads(line)
            self.tally = Tally()
            threads = [Thread(target=self._touches, args=(count, reader)) for reader in range(readers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            told = {name: getattr(self.tally, name) for name in ("refused", "escaped", "longest_s")}
            bodies = {seq: body.decode() for seq, body in self.tally.accepted.items()}
            print(json.dumps({"accepted": bodies, **told}), flush=True)  # noqa: T201 - the other end of the pipe
        self._box.close()

    def _touches(self, count: int, reader: int) -> None:
        for number in range(count):
            began_s = time.monotonic()
            try:
                if self._box.touch(number + reader).kind not in SAVED:
                    self.tally.refused += 1
            except BaseException as exc:
                self.tally.escaped.append(repr(exc))
                raise
            self.tally.longest_s = max(self.tally.longest_s, time.monotonic() - began_s)

    def _marked(self, said: str, **facts: Any) -> None:  # noqa: ANN401 - a mark's facts
        if said == "accepted":
            self.tally.accepted[facts["seq"]] = facts["body"].encode()


if __name__ == "__main__":
    logging.disable()
    spool_file.BUSY_TIMEOUT_S = float(sys.argv[2])
    _Gate(Path(sys.argv[1])).run()
