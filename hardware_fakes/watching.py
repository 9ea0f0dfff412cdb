"""A reader in a thread of its own, as the daemon runs it, for tests: what it yields and loses can be awaited."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Thread
from typing import Self

from drivers.contract import Answer, AnswerKind, Reader, ReaderBroken, ReaderLost, Sighting

_REOPEN_S = 0.02


def boot_ns() -> int:
    """Return CLOCK_BOOTTIME in nanoseconds, as the daemon's clock does."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Watching:
    """Runs a reader from entering to leaving the context; opens it anew whenever it is lost."""

    def __init__(self, reader: Reader, *, shows: AnswerKind | None = None) -> None:
        self.reader = reader
        self.sightings: list[Sighting] = []
        self.losses: list[ReaderLost] = []
        self.signs_of_life = 0
        self.broken: ReaderBroken | None = None
        """Why it was given up."""
        self._shows = shows
        self._stop = Event()
        self._changed = Condition()
        self._thread = Thread(target=self._run, name=f"reader-{reader.name}", daemon=True)

    def tokens(self) -> list[bytes]:
        """Return what was seen, oldest first."""
        return [each.token for each in self.sightings]

    def wait_until(self, condition: Callable[[Self], bool], *, timeout_s: float = 5.0) -> None:
        """
        Wait until the condition holds; it is asked again whenever the reader yielded or failed.

        Raises:
            TimeoutError: It did not in time.

        """
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout_s):
                seen, lost = len(self.sightings), len(self.losses)
                raise TimeoutError(f"{self.reader.name}: {seen} sightings, {lost} losses, {self.reader.probe()}")

    def wait_for_sightings(self, count: int, *, timeout_s: float = 5.0) -> None:
        """Wait until so many were seen in all."""
        self.wait_until(lambda self: len(self.sightings) >= count, timeout_s=timeout_s)

    def wait_for_signs_of_life(self, count: int, *, timeout_s: float = 5.0) -> None:
        """Wait until so many more came: proof that the reader had time to see something and did not."""
        goal = self.signs_of_life + count
        self.wait_until(lambda self: self.signs_of_life >= goal, timeout_s=timeout_s)

    def wait_until_open(self, *, timeout_s: float = 5.0) -> None:
        """Wait until the reader has its device."""
        deadline = time.monotonic() + timeout_s
        while not self.reader.probe().is_open:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.reader.name}: {self.reader.probe()}")
            self._stop.wait(0.002)

    def ask_to_stop(self) -> None:
        """Set the stop event; `stop` waits for the thread."""
        self._stop.set()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """
        Set the stop event and wait for the thread.

        Raises:
            TimeoutError: It does not stop.

        """
        self.ask_to_stop()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"{self.reader.name}: does not stop")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except ReaderLost as exc:
                with self._telling():
                    self.losses.append(exc)
                self._stop.wait(_REOPEN_S)
            except ReaderBroken as exc:
                with self._telling():
                    self.broken = exc
                return

    def _read(self) -> None:
        for sighting in self.reader.sightings(self._stop):
            with self._telling():
                if sighting is None:
                    self.signs_of_life += 1
                else:
                    self.sightings.append(sighting)
            if sighting and self._shows:
                self.reader.show(Answer(kind=self._shows))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()
