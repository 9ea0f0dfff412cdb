"""Readers that play a keyboard on USB: each line typed is a touch. Its keys reach nobody else while we have it."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Literal

from drivers import evdev
from drivers.contract import Answer, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.evdev import Keyboard
from drivers.sensing import Sensing
from drivers.wire.keys import Keys
from drivers.wire.token import NoToken, TokenAs, TokenRule

_IDLE_S = 1.0
"""The longest wait: a sign of life, and a look at the stop event. A line that paused so long is torn."""


class WedgeReader:
    """One keyboard, found by the socket it is plugged into: driver `wedge`."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        medium: Literal["card", "qr"] = "card",
        frame_pattern: str = "",
        token_as: TokenAs = "hex",
        token_bytes: int = 4,
        token_reversed: bool = False,
        reread_window_s: float = 1.5,
        grab: Callable[[int], None] = evdev.grab,
    ) -> None:
        if not port:
            raise ReaderBroken(f"{name}: port is not set; such as /dev/input/by-path/...-event-kbd")
        try:
            self._rule = TokenRule.parse(
                medium=medium,
                token_as=token_as,
                token_bytes=token_bytes,
                token_reversed=token_reversed,
                pattern=frame_pattern,
            )
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        self.name = name
        self._now_ns = now_ns
        self._path = port
        self._grab = grab
        self._keys = Keys()
        self._sensing = Sensing(reread_window_s=reread_window_s)
        self._is_open = False
        self._trouble = ""

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Yield a sighting for each line; None at least once a second.

        Raises:
            ReaderLost: It is not there, or was unplugged.
            ReaderBroken: No permission, or another program has it.

        """
        with Keyboard(self.name, self._path, grab=self._grab) as keyboard:
            try:
                self._keys.reset()
                self._is_open = True
                while not stop.is_set():
                    yield from self._seen(keyboard.read(_IDLE_S))
                    yield None
            finally:
                self._is_open = False

    def show(self, answer: Answer) -> None:
        """Show nothing: a keyboard takes no commands. Its own beep says that it read, not that it is on disk."""
        del answer
        if not self._is_open:
            raise ReaderLost(f"{self.name}: not open")

    def probe(self) -> Probe:
        """Return what is known, with what was wrong with the last line."""
        return Probe(is_open=self._is_open, device=self._path if self._is_open else "", detail=self._trouble)

    def _seen(self, data: bytes) -> Iterator[Sighting]:
        seen_ns, refused = self._now_ns(), self._keys.refused
        if not data:
            self._keys.silence()
        lines = self._keys.feed(data)
        if self._keys.refused > refused:
            self._trouble = "a line was torn; does the reader end it with Enter, and type on the US layout?"
        for line in lines:
            sighting = self._sighting(line, seen_ns)
            if sighting is not None:
                yield sighting

    def _sighting(self, line: str, seen_ns: int) -> Sighting | None:
        try:
            token = self._rule.token(line.encode())
        except NoToken as exc:
            self._trouble = f"a line was not understood: {exc}"
            return None
        self._trouble = ""
        is_new = self._sensing.is_new(token, seen_ns)
        self._sensing.left(seen_ns)
        if not is_new:
            return None
        return Sighting(
            reader=self.name, medium=self._rule.medium, token=token, technology="unknown", seen_ns=seen_ns
        )


if TYPE_CHECKING:
    _: type[Reader] = WedgeReader
