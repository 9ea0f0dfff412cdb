"""Card and QR readers on a serial port that send a frame for each touch. Says what was sent, never what that means."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Literal

from drivers.contract import Answer, Medium, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.port import Parity, Port
from drivers.sensing import Sensing
from drivers.wire.framing import Checksum, Frames, Framing
from drivers.wire.token import NoToken, TokenAs, TokenRule

_IDLE_S = 1.0
"""The longest wait: a sign of life, and a look at the stop event. A frame that paused so long is torn."""
_MS_PER_S = 1000


class Line:
    """What every reader has that sends frames over a serial port, and has nothing to show an answer with."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str,
        baud: int,
        parity: Parity,
        framing: Framing,
        token: Callable[[bytes], bytes],
        medium: Medium,
        gap_s: float = _IDLE_S,
        reread_window_s: float,
    ) -> None:
        """
        Set it up; nothing is opened yet.

        Args:
            name: From the configuration.
            now_ns: CLOCK_BOOTTIME.
            port: Its path.
            baud: Bits a second.
            parity: N, E or O.
            framing: How it marks its frames.
            token: The token in a frame; raises NoToken.
            medium: What it reads.
            gap_s: The pause that ends a frame, where nothing else does.
            reread_window_s: A reader that repeats itself is no second touch.

        """
        if not port:
            raise ReaderBroken(f"{name}: port is not set; such as /dev/serial/by-path/...")
        self.name = name
        self._now_ns = now_ns
        self._path, self._baud, self._parity = port, baud, parity
        self._frames = Frames(framing)
        self._token = token
        self._medium = medium
        self._patience_s = min(gap_s, _IDLE_S) if framing.is_ended_by_silence else _IDLE_S
        self._sensing = Sensing(reread_window_s=reread_window_s)
        self._is_open = False
        self._trouble = ""

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Yield a sighting for each frame; None at least once a second.

        Raises:
            ReaderLost: The port is not there, or was unplugged.
            ReaderBroken: No permission, or another program has it.

        """
        with Port(
            self.name, self._path, baud=self._baud, parity=self._parity, patience_s=self._patience_s
        ) as port:
            try:
                self._frames.reset()
                self._is_open = True
                while not stop.is_set():
                    yield from self._seen(port.read())
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
            self._trouble = "a frame was torn or its sum was wrong; right baud, parity and frame settings?"
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
        return Sighting(
            reader=self.name, medium=self._medium, token=token, technology="unknown", seen_ns=seen_ns
        )


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
        token_as: TokenAs = "hex",
        token_bytes: int = 4,
        token_reversed: bool = False,
        reread_window_s: float = 1.5,
    ) -> None:
        try:
            framing = Framing.parse(start=frame_start, end=frame_end, length=frame_length, checksum=frame_checksum)
            rule = TokenRule.parse(
                medium=medium,
                token_as=token_as,
                token_bytes=token_bytes,
                token_reversed=token_reversed,
                pattern=frame_pattern,
            )
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        super().__init__(
            name=name,
            now_ns=now_ns,
            port=port,
            baud=baud,
            parity=parity,
            framing=framing,
            token=rule.token,
            medium=rule.medium,
            gap_s=frame_gap_ms / _MS_PER_S,
            reread_window_s=reread_window_s,
        )


if TYPE_CHECKING:
    _: type[Reader] = SerialReader
