"""A program at three pipes: started on a leash, heard without waiting long, ended for certain. Knows no reader."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PIECE = 16_384
_UNDEAD_S = 1.0
_LEASH = str(Path(__file__).with_name("leash.py"))


@dataclass(frozen=True, slots=True)
class Heard:
    """What came within a short while."""

    out: bytes
    err: bytes
    is_over: bool
    """Nothing more will come: it ended, or closed its mouth."""


class Program:
    """One run of a program, in a process group of its own: what it starts ends with it."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], memory_max_mb: int = 0) -> None:
        """
        Start it; with a bound to its memory, unless that is 0.

        Raises:
            OSError: This machine can start nothing at all: no memory, no process left.

        """
        self._process = subprocess.Popen(  # noqa: S603 - the command is the driver's own
            [sys.executable, "-IS", _LEASH, str(os.getpid()), str(memory_max_mb), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            bufsize=0,
            process_group=0,
        )
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._in, self._out, self._err = (pipe.fileno() if pipe else -1 for pipe in pipes)
        self._poll = select.poll()
        for each in (self._in, self._out, self._err):
            os.set_blocking(each, False)
        for each in (self._out, self._err):
            self._poll.register(each, select.POLLIN)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's, too."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def hear(self, wait_s: float, *, or_room: bool = False) -> Heard:
        """Return what it says, once it says anything, 16 KiB of each pipe at most; or once it can be told more."""
        said = {self._out: b"", self._err: b""}
        is_closed = False
        was_alive = self.is_alive()
        for pipe in self._ready(wait_s if was_alive else 0, or_room=or_room):
            said[pipe] = os.read(pipe, _PIECE)
            if not said[pipe]:
                # A pipe at its end is always ready: never ask again.
                self._poll.unregister(pipe)
                is_closed |= pipe == self._out
        # A grandchild may hold the pipe open for ever.
        is_over = is_closed or not (was_alive or said[self._out] or said[self._err])
        return Heard(said[self._out], said[self._err], is_over)

    def _ready(self, wait_s: float, *, or_room: bool) -> list[int]:
        if or_room:
            self._poll.register(self._in, select.POLLOUT)
        ready = [pipe for pipe, _ in self._poll.poll(round(wait_s * 1000)) if pipe != self._in]
        if or_room:
            self._poll.unregister(self._in)
        return ready

    def tell(self, line: bytes) -> bool:
        """
        Write a line of at most PIPE_BUF bytes, whole or not at all; False where it does not read.

        Raises:
            BrokenPipeError: It is gone.

        """
        try:
            return os.write(self._in, line) == len(line)
        except BlockingIOError:
            return False

    def close_ears(self) -> None:
        """Tell it that nothing more will be told. It may be called again."""
        if self._process.stdin:
            self._process.stdin.close()

    def end(self, *, patience_s: float) -> bool:
        """
        End it: close its ears, then kill it. Returns within `patience_s` and a second more.

        False where even that does not help: its device's driver holds it in the kernel. Call `end` again later.
        """
        self.close_ears()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        with contextlib.suppress(ProcessLookupError):  # the group, since what it started outlives it
            os.killpg(self.pid, signal.SIGKILL)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_UNDEAD_S)
        return not self.is_alive()

    def fate(self, *, patience_s: float = 0) -> str:
        """Return how it ended, in words; give it so long to be at its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience_s)
        code = self._process.poll()
        if code is None:
            return "closed its output and lived on"
        if code == -signal.SIGKILL:
            return "was killed: out of memory? see journalctl -k"
        if code < 0:
            return f"crashed with {signal.Signals(-code).name}"
        return f"ended with code {code}"
