"""Readers that send a frame for each touch, first of all on a serial port. Says what was sent, never what it means."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol

from drivers.contract import Answer, Medium, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.port import Parity, Port
from drivers.sensing import Sensing
from drivers.wire import framing
from drivers.wire.framing import Checksum, Framing
from drivers.wire.token import NoToken, NumberAs, TokenRule

IDLE_S = 1.0
"""The longest wait: a sign of life, and a look at the stop event. A frame that paused so long is torn."""
_MS_PER_S = 1000


class Source(Protocol):
    """An open device that sends bytes."""

    def read(self) -> bytes:
        """Return what has come; empty when nothing did for a while. Raises ReaderLost."""
        ...


class Frames(Protocol):
    """What finds the frames in them."""

    refused: int
    """How many were dropped."""

    def reset(self) -> None:
        """Forget what has begun."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that ended with these bytes."""
        ...

    def silence(self) -> list[bytes]:
        """Take note that nothing came for a while; return the frame that ended so."""
        ...


class Line:
    """What every reader has that sends a frame for each touch, and has nothing to show an answer with."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        path: str,
        opened: Callable[[], AbstractContextManager[Source]],
        frames: Frames,
        token: Callable[[bytes], bytes],
        medium: Medium,
        reread_window_s: float,
    ) -> None:
        """
        Set it up; nothing is opened yet.

        Args:
            name: From the configuration.
            now_ns: CLOCK_BOOTTIME.
            path: Where the device is.
            opened: Opens it.
            frames: Finds the frames in what it sends.
            token: Returns the token in a frame; raises NoToken.
            medium: What it reads.
            reread_window_s: A reader that repeats itself within this time saw no second touch.

        """
        if not path:
            raise ReaderBroken(f"{name}: port is not set; see: edge-agent help serial")
        self.name = name
        self._now_ns = now_ns
        self._path, self._opened = path, opened
        self._frames, self._token = frames, token
        self._medium = medium
        self._sensing = Sensing(reread_window_s=reread_window_s)
        self._is_open = False
        self._trouble = ""

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Yield a sighting for each frame; None at least once a second.

        Raises:
            ReaderLost: The device is not there, or was unplugged.
            ReaderBroken: No permission, or another program has it.

        """
        with self._opened() as source:
            try:
                self._frames.reset()
                self._is_open = True
                while not stop.is_set():
                    yield from self._seen(source.read())
                    yield None
            finally:
                self._is_open = False

    def show(self, answer: Answer) -> None:
        """Show nothing: such a reader takes no commands. Its own beep says that it read, not that it is on disk."""
        del answer
        if not self._is_open:
            raise ReaderLost(f"{self.name}: not open")

    def probe(self) -> Probe:
        """Return what is known, with what was wrong with the last frame."""
        return Probe(is_open=self._is_open, device=self._path if self._is_open else "", detail=self._trouble)

    def _seen(self, data: bytes) -> Iterator[Sighting]:
        seen_ns, refused = self._now_ns(), self._frames.refused
        frames = self._frames.feed(data) if data else self._frames.silence()
        if self._frames.refused > refused:
            self._trouble = "a frame was torn or wrong; see: edge-agent help serial"
        for frame in frames:
            sighting = self._sighting(frame, seen_ns)
            if sighting is not None:
                yield sighting

    def _sighting(self, frame: bytes, seen_ns: int) -> Sighting | None:
        try:
            token = self._token(frame)
        except NoToken as exc:
            self._trouble = f"a frame was not understood: {exc}"
            return None
        self._trouble = ""
        is_new = self._sensing.is_new(token, seen_ns)
        self._sensing.left(seen_ns)  # nobody tells when a card is taken away: the window runs from its last frame
        if not is_new:
            return None
        return Sighting(reader=self.name, medium=self._medium, token=token, technology="unknown", seen_ns=seen_ns)


class SerialReader(Line):
    """A reader whose frames hold the token in some writing: driver `serial`."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        baud: int = 9600,
        parity: Parity = "N",
        medium: Literal["card", "qr"] = "card",
        frame_start: str = "",
        frame_end: str = "line",
        frame_length: int = 0,
        frame_gap_ms: int = 100,
        frame_checksum: Checksum = "none",
        frame_pattern: str = "",
        number_as: NumberAs = "hex",
        number_bytes: int = 4,
        number_reversed: bool = False,
        reread_window_s: float = 1.5,
    ) -> None:
        try:
            found = Framing.parse(start=frame_start, end=frame_end, length=frame_length, checksum=frame_checksum)
            rule = TokenRule.parse(
                medium=medium,
                number_as=number_as,
                number_bytes=number_bytes,
                number_reversed=number_reversed,
                pattern=frame_pattern,
            )
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        patience_s = frame_gap_ms / _MS_PER_S if found.is_ended_by_silence else IDLE_S
        super().__init__(
            name=name,
            now_ns=now_ns,
            path=port,
            opened=partial(Port, name, port, baud=baud, parity=parity, patience_s=patience_s),
            frames=framing.Frames(found),
            token=rule.token,
            medium=rule.medium,
            reread_window_s=reread_window_s,
        )


if TYPE_CHECKING:
    _: type[Reader] = SerialReader
