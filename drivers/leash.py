"""Become the program that follows, on a leash: it ends when its parent ends. A script of its own; never imported."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_OOM_SCORE_ADJ = 500
"""Before the daemon: what it has accepted is worth more than what a child sees."""
_NICE = 10
"""With 5 the slowest card of a hundred waited up to twice as long beside a camera that works."""
_NOT_FOUND = 127


def main(parent: str, memory_max_mb: str, *command: str) -> int:
    """Become the command; return 127 where there is none, 1 where the parent is already gone."""
    # Done here, between fork and exec, and not by preexec_fn: that runs Python in a fork of a program with threads.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it died before the leash was on
        return 1
    # What the service's sandbox forbids is left as it is.
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bound := int(memory_max_mb) << 20:
        # What is written to and not shared, threads' stacks included; the address space would count libraries, too.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OOM_SCORE_ADJ), encoding="ascii")
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is the driver's own, no shell
    except OSError as exc:
        sys.stderr.write(f"{command[0]}: {exc.strerror}\n")
        return _NOT_FOUND


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
