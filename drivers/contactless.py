"""
The typed face of nfcpy: wakes a contactless chip, asks it once for a card, lets it go.

The only module that knows nfcpy. It never uses `connect`, which holds the thread until the card leaves, and never
nfcpy's search, which opens what it finds. Says what is on air; never what that means.
"""

import errno
import importlib
import logging
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, Final

from nfc.clf import ContactlessFrontend, Error, RemoteTarget, device, pn53x, pn532, rcs380, transport

from drivers.contactless_link import Bounded, Link
from drivers.contract import ReaderError
from drivers.wire import discovery
from drivers.wire.discovery import FoundCard, NotACardError

TECHNOLOGIES: Final = ("212F", "424F", "106A", "106B")
"""What can be asked for: FeliCa at two speeds, type A, type B."""
USB_CHIPS: Mapping[tuple[int, int], str] = device.usb_device_map
"""Vendor and product of the USB readers nfcpy knows, to the name of its driver."""

_OPEN_S, _LOOK_S, _CLOSE_S = 4.0, 0.9, 0.3
_FIRST_MS = 1_500
"""On a Raspberry Pi the first byte from a USB serial port may take a second (nfcpy's pn532.py)."""
_WAKE = bytes(10)
"""Long enough for a sleeping PN532 to hear that somebody speaks."""
_GET_VERSION = bytes.fromhex("0000ff02fed4022a00")
_IS_PN532 = bytes.fromhex("0000ff06fad50332")
_NORMAL_MODE = bytes.fromhex("0000ff05fbd4140100001700")
_IS_NORMAL = bytes.fromhex("0000ff02fed5151600")
_FOREIGN: tuple[type[Exception], ...] = (
    OSError,
    Error,
    pn53x.Chipset.Error,
    rcs380.StatusError,
    transport.libusb.USBError,
    # nfcpy takes the chip's answers as they come: cut short or altered, they end in any of these.
    AttributeError,
    LookupError,
    struct.error,
    TypeError,
    ValueError,
)

# It logs each failure as an error, and the cards' numbers below: what matters is raised.
logging.getLogger("nfc").setLevel(logging.CRITICAL + 1)


class ChipError(Exception):
    """A chip cannot be used, or did not answer as a chip does."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__)
        self.number = cause.errno if isinstance(cause, OSError) else None

    @property
    def is_gone(self) -> bool:
        """Unplugged."""
        return self.number in (errno.ENODEV, errno.ENXIO, errno.ENOENT)

    @property
    def is_denied(self) -> bool:
        """Not allowed."""
        return self.number in (errno.EACCES, errno.EPERM)

    @property
    def is_busy(self) -> bool:
        """Held by a kernel driver, or by another program."""
        return self.number == errno.EBUSY

    @property
    def is_without_library(self) -> bool:
        """The system's libusb-1.0 is missing: only USB readers need it."""
        return self.number == errno.ELIBACC


class Chip:
    """A contactless chip that is awake, its field off between two looks."""

    def __init__(self, line: Bounded, made: Any) -> None:  # noqa: ANN401 - nfcpy has no types
        self._line = line
        self._frontend = ContactlessFrontend()
        self._frontend.device = made
        self.name = str(made.chipset_name or "unknown chip")
        """Such as `PN532v1.6`."""

    def look(self, wanted: Sequence[RemoteTarget], stop: Event) -> FoundCard | None:
        """
        Ask once, in this order, and return the first card that answers; None for none.

        Takes 5 to 40 ms while the chip answers, never more than a second. The field is off before; after, if no card.

        Raises:
            ChipError: The chip did not answer, or with nonsense. It may be good again next time.
            ReaderError: The line itself is dead.

        """
        self._line.allow(_LOOK_S, stop=stop)
        with _translated():
            found = self._frontend.sense(*wanted, iterations=1)
            return None if found is None else _card(found)

    def close(self) -> None:
        """
        Switch the field off and let go of the line, whatever state it is in.

        Not by nfcpy's `close`: that sends the chip to sleep, after which an ACR122U is not found before it is plugged
        in anew, and keeps the line open where the chip does not answer.
        """
        self._line.allow(_CLOSE_S)
        with suppress(ChipError, ReaderError), _translated():
            self._frontend.device.mute()
        _let_go(self._line)


def wanted(technologies: Sequence[str], *, system_code: bytes) -> list[RemoteTarget]:
    """Return what to ask for; the system code of two bytes, FFFF for any, is FeliCa's."""
    polling = bytearray(b"\x00" + system_code + b"\x01\x00")
    return [
        RemoteTarget(each, sensf_req=polling) if each.endswith("F") else RemoteTarget(each) for each in technologies
    ]


class UsbLine(transport.USB):  # type: ignore[misc] # nfcpy has no types
    """nfcpy's line to a USB device, with all it opens closed again. May raise anything of nfcpy's: for `open_usb`."""

    def __init__(self, bus: int, address: int) -> None:
        # Whatever fails here, nfcpy's __del__ comes, and asks for both.
        self.context = self.usb_dev = None
        try:
            transport.libusb.loadLibrary()
        except OSError as exc:
            raise OSError(errno.ELIBACC, str(exc)) from exc
        self.context = transport.libusb.USBContext().open()
        try:
            self.open(bus, address)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the device, and of libusb's own descriptors."""
        super().close()
        if self.context is not None:
            self.context.close()
            self.context = None


def open_serial(line: Link, *, now_ns: Callable[[], int], stop: Event) -> Chip:
    """
    Wake the PN532 at a serial line; the line is closed if that fails.

    Not by nfcpy's `init`: that raises the speed of the line, and a PN532 whose program was killed stays at that speed,
    deaf until its power is cut. At 115,200 baud a look takes 4 ms longer.

    Raises:
        ChipError: No PN532 answers.
        ReaderError: The line itself is dead.

    """
    return _open(line, _wake_pn532, now_ns=now_ns, stop=stop)


def open_usb(opened: Callable[[], Link], chip: str, *, now_ns: Callable[[], int], stop: Event) -> Chip:
    """
    Open a USB line and wake the chip behind it; the line is closed if that fails.

    Args:
        opened: Opens the line: `UsbLine` with its arguments.
        chip: A value of `USB_CHIPS`.
        now_ns: The clock.
        stop: Ends it at once.

    Raises:
        ChipError: It is gone, not allowed, held by somebody else, or does not answer.

    """
    with _translated():
        line = opened()
    return _open(line, importlib.import_module(f"nfc.clf.{chip}").init, now_ns=now_ns, stop=stop)


def _open(line: Link, make: Callable[[Bounded], Any], *, now_ns: Callable[[], int], stop: Event) -> Chip:
    bounded = Bounded(line, now_ns=now_ns)
    bounded.allow(_OPEN_S, stop=stop)
    try:
        with _translated():
            return Chip(bounded, make(bounded))
    except BaseException:
        _let_go(bounded)
        raise


def _wake_pn532(line: Bounded) -> Any:  # noqa: ANN401 - nfcpy has no types
    for command, answer in ((_GET_VERSION, _IS_PN532), (_NORMAL_MODE, _IS_NORMAL)):
        line.write(_WAKE + command)
        if line.read(_FIRST_MS) != pn532.Chipset.ACK or not line.read(100).startswith(answer):
            raise ValueError("not the answer of a PN532")
    return pn532.Device(pn532.Chipset(line, logger=pn532.log), logger=pn532.log)


def _card(found: RemoteTarget) -> FoundCard | None:
    try:
        if found.sensf_res:
            return discovery.felica(bytes(found.sensf_res))
        if found.sdd_res:
            return discovery.type_a(bytes(found.sdd_res), found.sel_res[0])
        return discovery.type_b(bytes(found.sensb_res)) if found.sensb_res else None
    except NotACardError:
        return None


def _let_go(line: Bounded) -> None:
    with suppress(ChipError, ReaderError), _translated():
        line.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _FOREIGN as exc:
        raise ChipError(exc) from exc
