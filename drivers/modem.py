"""A telephone line at the gate: a GSM or LTE modem that tells who calls. It never answers, and never dials."""

import errno
from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Literal

from drivers.calls import Call
from drivers.contract import Answer, HeardTime, Medium, Probe, Reader, ReaderBroken, ReaderError, ReaderName, Sighting
from drivers.modem_pin import Pin
from drivers.modem_session import ModemSession
from drivers.phone_answers import PhoneAnswers
from drivers.port import Port

_PATIENCE_S = 0.5
"""The longest a read waits: as often is it seen that time went by."""
_HELD = {errno.EBUSY, errno.EAGAIN}
_RULE = 'ModemManager? Forbid it by a udev rule: ENV{ID_MM_DEVICE_IGNORE}="1"; see: edge-agent help phone'


class Modem:
    """One modem. A call is one sighting, of the caller's number, or of nobody's where it is withheld."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        baud: int = 9600,
        modem_hang_up: Literal["hang_up", "ring_out"] = "hang_up",
        modem_pin_file: str = "",
        modem_sms: bool = False,
        modem_sms_a_day: int = 100,
        modem_time: bool = True,
        hear_time: Callable[[HeardTime], None] | None = None,
    ) -> None:
        if not port:
            raise ReaderBroken(f"{name}: set port to the modem's AT port, such as /dev/serial/by-path/...")
        self._name = name
        self._now_ns = now_ns
        self._path = port
        self._baud = baud
        self._hang_up: Literal["hang_up", "ring_out"] = modem_hang_up
        # These two outlive a loss of the modem: what was tried and sent stays counted.
        self._pin = Pin(name, modem_pin_file)
        self._answers = PhoneAnswers(a_day=modem_sms_a_day) if modem_sms else None
        self._hear_time = hear_time if hear_time and modem_time else _ignore
        self._session: ModemSession | None = None
        self._shown: Call | None = None
        self._whereabouts = "not opened yet"

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        return self._name

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Set the modem up, then yield each call once, as soon as it is known whose it is; None twice a second.

        Raises:
            ReaderLost: The modem is away, or does not answer.
            ReaderBroken: Another program holds it; its SIM is missing or locked; it cannot tell who calls.

        """
        try:
            with self._opened() as port:
                yield from self._serve(port, stop)
        except ReaderError as exc:
            self._whereabouts = str(exc)
            raise
        finally:
            self._session = self._shown = None

    def show(self, answer: Answer) -> None:
        """Let the caller know, with the next words to the modem; nothing where the line is closed already."""
        if self._session and self._shown:
            self._session.answer(self._shown, answer)

    def probe(self) -> Probe:
        """Return how the modem stands: network, signal, and why calls may not come."""
        session = self._session
        if session is None or not session.is_ready:
            return Probe(is_open=False, device="", detail="setting the modem up" if session else self._whereabouts)
        failed = self._answers.failed if self._answers else 0
        unsent = f"; {failed} short messages not sent" if failed else ""
        device = " ".join(filter(None, (session.state.model, self._path)))
        return Probe(is_open=True, device=device, detail=f"{session.state}{unsent}")

    def _opened(self) -> Port:
        try:
            return Port(self._name, self._path, baud=self._baud, patience_s=_PATIENCE_S)
        except ReaderBroken as exc:
            if isinstance(exc.__cause__, OSError) and exc.__cause__.errno in _HELD:
                raise ReaderBroken(f"{self._name}: {self._path} is held by another program; {_RULE}") from exc
            raise

    def _serve(self, port: Port, stop: Event) -> Iterator[Sighting | None]:
        session = self._session = ModemSession(
            self._name, pin=self._pin, hang_up=self._hang_up, answers=self._answers, hear_time=self._hear_time
        )
        while not stop.is_set():
            if out := session.to_send(self._now_ns()):
                port.write(out)
            data = port.read()
            seen_ns = self._now_ns()
            told = session.receive(data, seen_ns)
            if not told:
                yield None
            for call in told:
                self._shown = call
                yield self._sighting(call, seen_ns)

    def _sighting(self, call: Call, seen_ns: int) -> Sighting:
        return Sighting(
            reader=self._name,
            medium=Medium.PHONE,
            token=call.number.encode("ascii"),
            technology=call.how,
            seen_ns=seen_ns,
        )


def _ignore(_heard: HeardTime) -> None:
    """Nobody wants to know the time."""


if TYPE_CHECKING:
    _: type[Reader] = Modem
