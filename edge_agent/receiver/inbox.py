"""The folder through which a running receiver is asked, and given files: only it writes to its database.

NAME.events is an export file. NAME.request is a line of JSON: what the command line asks for. Each is answered in
NAME.result, and is called NAME.imported or gone afterwards. Whoever may write into the folder may ask.
"""

import contextlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge_agent.portable.files import put
from edge_agent.receiver.delivery import Delivered, Delivery
from edge_agent.receiver.unpack import Stream
from spool.file import SpoolUnavailable

log = logging.getLogger(__name__)

FOLDER = "import"
REQUEST_BYTES = 4096
Request = dict[str, object]


def folder_of(database: Path) -> Path:
    """Return where the receiver with this database looks."""
    return database.with_name(FOLDER)


class Inbox:
    """The receiver's side: does what lies there, piece by piece."""

    def __init__(
        self, folder: Path, *, deliver: Callable[[Path], Delivery], answer: Callable[[Request], dict[str, object]]
    ) -> None:
        """
        Make the folder, if there is none. Where that fails it is logged: what comes by MQTT is not held up.

        Args:
            folder: Where to look.
            deliver: Begins with a file.
            answer: Does what a request asks, and returns its result.

        """
        self._folder, self._deliver, self._answer = folder, deliver, answer
        self._delivery: tuple[Path, Delivery] | None = None
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            log.warning("no import folder", extra={"path": str(folder), "error": str(exc)})

    def step(self) -> list[Stream] | None:
        """
        Do a piece of work; return who is owed a receipt for it, or None if there is nothing to do.

        Raises:
            SpoolUnavailable: The database refuses. What was begun is begun again.

        """
        try:
            if self._delivery is None and not self._next():
                return None
            return self._go_on()
        except OSError as exc:
            log.warning("import folder cannot be used", extra={"path": str(self._folder), "error": str(exc)})
            self._delivery = None
            return None
        except SpoolUnavailable:
            self._delivery = None
            raise

    def _next(self) -> bool:
        """Begin with the next file; answer requests. Return whether there is anything to go on with."""
        for path in sorted(self._folder.glob("*.request")):
            self._reply(path)
        waiting = sorted(self._folder.glob("*.events"))
        self._delivery = (waiting[0], self._deliver(waiting[0])) if waiting else None
        return bool(waiting)

    def _reply(self, path: Path) -> None:
        with path.open("rb") as opened:
            line = opened.read(REQUEST_BYTES)
        path.unlink()
        with contextlib.suppress(ValueError):
            asked = json.loads(line)
            if isinstance(asked, dict):
                put(path.with_suffix(".result"), json.dumps(self._answer(asked)).encode())

    def _go_on(self) -> list[Stream]:
        assert self._delivery is not None  # noqa: S101 - `_next` said so
        path, delivery = self._delivery
        owed = delivery.step()
        if owed is not None:
            return owed
        self._delivery = None
        self._finish(path, delivery.done)
        return []

    def _finish(self, path: Path, done: Delivered) -> None:
        put(path.with_suffix(".receipts"), done.receipts.encode())
        put(path.with_suffix(".result"), msgspec.json.encode(done))
        path.replace(path.with_suffix(".imported"))
        told = {"file": path.name, "gateway": done.gateway, "frames": done.frames, "error": done.error}
        log.log(logging.WARNING if done.error else logging.INFO, "file imported", extra=told)
