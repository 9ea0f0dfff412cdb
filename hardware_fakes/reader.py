"""A card reader without pcscd: dials a laboratory slot and reads its cards in this process. For demo and tests."""

import select
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING

from drivers.contract import Answer, AnswerKind, Medium, Probe, Reader, ReaderBroken, ReaderLost, ReaderName, Sighting
from drivers.sensing import Sensing
from drivers.wire import apdu
from drivers.wire.apdu import ApduError, CredentialProfile, NoAnswer

_IDLE_S = 1.0
_RESTING_S = 0.5
_RETRY_S = 0.02
_QUICK_RETRIES = 5
_PATIENCE_S = 5.0
"""A slot that does not answer within this time is as good as gone."""
_PACKET_MAX = 65_600


class SlotReader:
    """One slot, read as `PcscReader` reads the same slot through pcscd."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        match: str,
        profiles: Sequence[CredentialProfile] = (),
        reread_window_s: float = 1.5,
        lamp: Mapping[str, Sequence[str]] | None = None,
        **_ignored: object,
    ) -> None:
        self._name = name
        self._now_ns = now_ns
        self._path = match
        self._sensing = Sensing(reread_window_s=reread_window_s)
        try:
            self._profiles = [each.compile() for each in (*profiles, CredentialProfile(name="uid"))]
            self._lamp = {AnswerKind(kind): [*map(apdu.parse_hex, all_)] for kind, all_ in (lamp or {}).items()}
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        self._line: socket.socket | None = None

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        return self._name

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Dial the slot and yield each sighting as it happens; None at least once a second.

        Raises:
            ReaderLost: Nobody serves the slot, or its reader is unplugged.

        """
        with ExitStack() as lines:
            try:
                events = lines.enter_context(self._dialled())
                self._line = lines.enter_context(self._dialled())
                events.send(b"E")
                yield from self._watch(events, stop)
            except OSError as exc:
                raise ReaderLost(f"{self._name}: nobody serves {self._path} ({exc})") from exc
            finally:
                self._line = None
                self._sensing.left(self._now_ns())

    def show(self, answer: Answer) -> None:
        """
        Send the slot what is configured for this answer, as escape commands.

        Raises:
            ReaderLost: Nobody serves the slot.

        """
        try:
            for command in self._lamp.get(answer.kind, ()):
                self._ask(b"X", command)
        except OSError as exc:
            raise ReaderLost(f"{self._name}: nobody serves {self._path} ({exc})") from exc

    def probe(self) -> Probe:
        """Return what is known now."""
        is_open = self._line is not None
        return Probe(is_open=is_open, device=self._path if is_open else "", detail="simulated")

    def _watch(self, events: socket.socket, stop: Event) -> Iterator[Sighting | None]:
        failures, wait_s = 0, 0.0
        while not stop.is_set():
            if select.select([events], [], [], wait_s)[0] and not events.recv(_PACKET_MAX):
                raise ReaderLost(f"{self._name}: nobody serves {self._path} any more")
            presence = self._ask(b"S")
            if presence not in (b"P", b"A"):
                raise ReaderLost(f"{self._name}: unplugged")
            if presence == b"A":
                self._sensing.left(self._now_ns())
                failures, wait_s = 0, _IDLE_S
                yield None
                continue
            try:
                sighting, failures = self._look(), 0
            except ApduError:
                sighting, failures = None, failures + 1
            wait_s = _RETRY_S if 0 < failures <= _QUICK_RETRIES else _RESTING_S
            yield sighting

    def _look(self) -> Sighting | None:
        atr = self._ask(b"U")
        if not atr:
            raise NoAnswer("no ATR")
        profile = next(each for each in self._profiles if each.fits(atr))
        token = apdu.run(profile.steps, lambda command: self._ask(b"T", command))
        now_ns = self._now_ns()
        if not self._sensing.is_new(token, now_ns):
            return None
        kind = apdu.technology(atr)
        return Sighting(reader=self._name, medium=Medium.CARD, token=token, technology=kind, seen_ns=now_ns)

    def _ask(self, question: bytes, content: bytes = b"") -> bytes:
        """Return the slot's answer, empty when it has none."""
        if self._line is None:
            raise ReaderLost(f"{self._name}: not open")
        self._line.send(question + content)
        answer = self._line.recv(_PACKET_MAX)
        if not answer:
            raise ConnectionResetError("the line was closed")
        return answer[1:]

    def _dialled(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(_PATIENCE_S)
        try:
            line.connect(self._path)
        except OSError:
            line.close()
            raise
        return line


if TYPE_CHECKING:
    _: type[Reader] = SlotReader
