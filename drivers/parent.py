"""The parent, as its child process sees it: is told what happens, answers, and is not outlived. Knows no device."""

import contextlib
import os
import sys
from collections.abc import Callable
from threading import Lock, Thread

from drivers.wire.lines import Alive, Failed, Garbage, Hello, Message, Splitter, clipped, line_of, parse

_PIECE = 4096


class Parent:
    """Whoever reads our standard output and writes our standard input. Its methods may be called from any thread."""

    def __init__(self, *, hear: Callable[[Message], None] = lambda _: None) -> None:
        """
        Listen. From now on what libraries print goes to the log, not into the conversation.

        Args:
            hear: Called from a thread of its own with each message.

        """
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = Lock()
        self._hear = hear
        Thread(target=self._listen, name="parent", daemon=True).start()

    def greet(self) -> None:
        """Say that all is loaded: from now on a sign of life is expected every second, and messages come."""
        self.tell(Hello())

    def tell(self, message: Message) -> None:
        """Tell it; its texts must fit."""
        try:
            with self._lock:
                os.write(self._out, line_of(message))
        except BrokenPipeError:
            _end()

    def tell_alive(self, *, is_open: bool, device: str, detail: str) -> None:
        """Give a sign of life: once a second, whatever else is told."""
        self.tell(Alive(is_open=is_open, device=clipped(device), detail=clipped(detail)))

    def tell_failed(self, failed: Failed) -> None:
        """Give up; end after it."""
        self.tell(Failed(how=failed.how, why=clipped(failed.why)))

    def _listen(self) -> None:
        lines = Splitter()
        while piece := os.read(sys.stdin.fileno(), _PIECE):
            for line in lines.feed(piece):
                with contextlib.suppress(Garbage):
                    if message := parse(line):
                        self._hear(message)
        _end()


def _end() -> None:
    # At once: another thread may hang in a device's driver, and there is nothing to clean up that the kernel does not.
    os._exit(0)
