"""A serial port with our end of the cable in hand: whatever is behind it is played here. Knows no device."""

import os
import pty
import select
import tty
from pathlib import Path
from threading import Event, Thread
from typing import Self


class PtyPort:
    """
    A pty whose other end is found under `path`, as a device's name in /dev.

    Subclasses override `heard`. Unplugging takes the name away and hangs up; plugging in again brings another pty
    under the same name, as a socket's by-path link does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stop = Event()
        self._ours = self._theirs = -1
        self._thread: Thread | None = None
        self.plug()

    def heard(self, data: bytes) -> None:
        """Take what the program sent. Called from the port's own thread."""

    def say(self, data: bytes) -> None:
        """Send to the program."""
        os.write(self._ours, data)

    def plug(self) -> None:
        """Plug it in."""
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._theirs))
        self._stop = Event()
        self._thread = Thread(
            target=self._listen, args=(self._ours, self._stop), name=f"pty-{self.path.name}", daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        self.path.unlink(missing_ok=True)
        os.close(self._theirs)
        os.close(self._ours)

    def close(self) -> None:
        """Take it away for good."""
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, ours: int, stop: Event) -> None:
        while not stop.is_set():
            ready, _, _ = select.select([ours], [], [], 0.05)
            if ready:
                try:
                    data = os.read(ours, 4096)
                except OSError:  # nobody has the other end open
                    stop.wait(0.05)
                    continue
                self.heard(data)
