"""A contactless reader by nfcpy: a PN532 at a serial port, an RC-S380 or its like at USB. Reads numbers, no APDUs."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from drivers import contactless, usb_device
from drivers import nfcpy_advice as advice
from drivers.contactless import Chip, ChipError
from drivers.contactless_link import Link, SerialLink
from drivers.contract import Answer, Medium, Probe, Reader, ReaderBroken, ReaderError, ReaderLost, ReaderName, Sighting
from drivers.port import Port
from drivers.sensing import Sensing
from drivers.usb_device import UsbDevice
from drivers.wire.discovery import FoundCard

_NS_PER_S = 1_000_000_000
_BAUD = 115_200
_PATIENCE_S = 0.05
_IDLE_S = 1.0
_FAILURES_MAX = 5
"""A look fails now and then: bytes are lost on a line. So many in a row, and there is nobody to answer."""
_RETRY_S = 0.02
_SYSTEM_CODE = re.compile(r"[0-9A-Fa-f]{4}")


class NfcReader:
    """One contactless chip: at `port`, or, where that is empty, the USB reader that fits `match` and `usb_path`."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        match: str = "*",
        usb_path: str = "",
        reread_window_s: float = 1.5,
        nfc_targets: Sequence[str] = ("212F", "106A", "106B"),
        nfc_system_code: str = "FFFF",
        nfc_poll_ms: int = 100,
        sysfs: Path = Path("/sys"),
        usb_line: Callable[[int, int], Link] = contactless.UsbLine,
    ) -> None:
        self._name = name
        self._now_ns = now_ns
        self._port = port
        self._match, self._usb_path, self._sysfs = match, usb_path, sysfs
        self._usb_line = usb_line
        self._sensing = Sensing(reread_window_s=reread_window_s)
        self._pause_s = nfc_poll_ms / 1000
        self._wanted = contactless.wanted(self._checked(nfc_targets), system_code=self._code(nfc_system_code))
        self._resting: FoundCard | None = None
        self._device = ""
        self._whereabouts = "not opened yet"
        self._trouble = ""

    @property
    def name(self) -> ReaderName:
        """The name from the configuration."""
        return self._name

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Wait until the reader is there, then ask it for a card again and again; None at least once a second.

        Raises:
            ReaderLost: Unplugged, or it answers no more.
            ReaderBroken: No permission, held by a kernel driver, or two readers fit.

        """
        try:
            usb = None if self._port else (yield from self._appearance(stop))
            if not stop.is_set():
                with closing(self._opened(usb, stop)) as chip:
                    yield from self._watch(chip, stop)
        except ReaderError as exc:
            self._whereabouts = str(exc)
            if not stop.is_set():  # what was cut short by the stop is no failure
                raise
        finally:
            self._device, self._trouble = "", ""
            self._left()

    def show(self, _answer: Answer) -> None:
        """Such a reader has neither lamp nor buzzer that nfcpy could reach."""

    def probe(self) -> Probe:
        """Return what is known, with what was wrong with the last look."""
        device = self._device
        return Probe(is_open=bool(device), device=device, detail=self._trouble if device else self._whereabouts)

    def _appearance(self, stop: Event) -> Generator[None, None, UsbDevice | None]:
        while not stop.is_set():
            known = [each for each in usb_device.plugged(self._sysfs) if _chip(each)]
            fits = [each for each in known if usb_device.fitting(each, match=self._match, usb_path=self._usb_path)]
            if len(fits) > 1:
                listed = ", ".join(f"{each.name} at {each.path}" for each in fits)
                raise ReaderBroken(f"{self._name}: {len(fits)} NFC readers fit: {listed}; give usb_path")
            if fits:
                return fits[0]
            self._whereabouts = f"no NFC reader fits {self._sought()}; is it plugged in? {advice.HELP}"
            yield None
            stop.wait(_IDLE_S)
        return None

    def _sought(self) -> str:
        return repr(self._match) + (f" at USB path {self._usb_path}" if self._usb_path else "")

    def _opened(self, usb: UsbDevice | None, stop: Event) -> Chip:
        if usb is None:
            line = SerialLink(Port(self._name, self._port, baud=_BAUD, patience_s=_PATIENCE_S))
            with self._translated(None):
                chip = contactless.open_serial(line, now_ns=self._now_ns, stop=stop)
            self._device = f"{chip.name} at {self._port}"
            return chip
        with self._translated(usb):
            chip = contactless.open_usb(
                lambda: self._usb_line(usb.bus, usb.address), _chip(usb), now_ns=self._now_ns, stop=stop
            )
        self._device = f"{usb.name} at USB {usb.path}"
        return chip

    def _watch(self, chip: Chip, stop: Event) -> Iterator[Sighting | None]:
        failures, told_ns = 0, 0
        while not stop.is_set():
            was_resting = self._resting is not None
            try:
                sighting, failures = self._look(chip, stop), 0
            except ChipError as exc:
                sighting, failures = None, failures + 1
                self._note(exc, failures, stop)
            has_left = was_resting and self._resting is None
            # A sign of life a second is enough, and one when the reader is empty again.
            if sighting or has_left or self._now_ns() - told_ns >= _IDLE_S * _NS_PER_S:
                told_ns = self._now_ns()
                yield sighting
            stop.wait(max(self._pause_s, _RETRY_S) if failures else self._pause_s)

    def _look(self, chip: Chip, stop: Event) -> Sighting | None:
        found = chip.look(self._wanted, stop)
        self._trouble = ""
        if found is None:
            self._left()
            return None
        if self._resting and _is_same_though_changed(self._resting, found):
            return None
        self._resting = found
        now_ns = self._now_ns()
        if not self._sensing.is_new(found.token, now_ns):
            return None
        return Sighting(
            reader=self._name, medium=Medium.CARD, token=found.token, technology=found.technology, seen_ns=now_ns
        )

    def _left(self) -> None:
        self._resting = None
        self._sensing.left(self._now_ns())

    def _note(self, exc: ChipError, failures: int, stop: Event) -> None:
        self._trouble = f"a look failed: {exc}"
        if exc.is_gone:
            raise ReaderLost(f"{self._name}: unplugged ({exc}); check the cable") from exc
        if failures >= _FAILURES_MAX and not stop.is_set():
            raise ReaderLost(f"{self._name}: does not answer any more ({exc}); check its power and cable") from exc

    @contextmanager
    def _translated(self, usb: UsbDevice | None) -> Iterator[None]:
        try:
            yield
        except ChipError as exc:
            raise (
                advice.no_pn532(self._name, self._port, exc) if usb is None else advice.no_usb(self._name, usb, exc)
            ) from exc

    def _checked(self, targets: Sequence[str]) -> Sequence[str]:
        wrong = [each for each in targets if each not in contactless.TECHNOLOGIES]
        if wrong or not targets:
            there_are = ", ".join(contactless.TECHNOLOGIES)
            raise ReaderBroken(f"{self._name}: nfc_targets {wrong}: at least one is wanted of {there_are}")
        return targets

    def _code(self, text: str) -> bytes:
        if not _SYSTEM_CODE.fullmatch(text):
            raise ReaderBroken(
                f"{self._name}: nfc_system_code {text!r}: four hexadecimal digits are wanted, such as FFFF"
            )
        return bytes.fromhex(text)


def _chip(usb: UsbDevice) -> str:
    return contactless.USB_CHIPS.get((usb.vendor, usb.product), "")


def _is_same_though_changed(resting: FoundCard, found: FoundCard) -> bool:
    # A look begins with the field off: a card that draws its number anew would be another one at every look.
    return not (resting.is_lasting or found.is_lasting) and resting.technology == found.technology


if TYPE_CHECKING:
    _: type[Reader] = NfcReader
