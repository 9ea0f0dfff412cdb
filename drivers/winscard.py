"""A typed face for pyscard's untyped `smartcard.scard`: calls to pcscd, one exception. Knows no card and no policy."""

from dataclasses import dataclass
from typing import Any, Final, Self

# pyscard has no wheel and may be absent: the ImportError from here is what drivers.registry makes a message of.
from smartcard import scard as _scard

PNP: Final = "\\\\?PnP?\\Notification"
"""The reader that is none: its state changes when the list of readers does."""
CHANNEL_ID: Final = 0x00020110
"""SCARD_ATTR_CHANNEL_ID: 0xDDDDCCCC, DDDD the kind of channel."""
USB_CHANNEL: Final = 0x0020
"""The kind of a USB channel: CCCC is then bus number and device address, a byte each."""
ESCAPE: Final = 0x42000001
"""SCARD_CTL_CODE(1) of pcsc-lite: the driver passes the bytes to the reader itself."""

_MASK: Final = 0xFFFFFFFF
_CHANGED, _UNKNOWN, _UNAVAILABLE, _PRESENT = 0x2, 0x4, 0x8, 0x20
_NAMES: Final[dict[int, str]] = {
    value & _MASK: name for name, value in vars(_scard).items() if name.startswith(("SCARD_E_", "SCARD_F_", "SCARD_W_"))
}
_TIMEOUT, _NO_READERS = 0x8010000A, 0x8010002E
_HUNG_UP = 0x8010006A  # SECURITY_VIOLATION
_ASKING_POLKIT = frozenset({"SCardEstablishContext", "SCardConnect"})
_SERVICE_AWAY = frozenset({
    0x80100003,  # INVALID_HANDLE: the context died with the pcscd that gave it
    0x80100013,  # F_COMM_ERROR: pcscd stopped while we waited
    0x8010001D,  # NO_SERVICE
    0x8010001E,  # SERVICE_STOPPED
    _HUNG_UP,
})  # fmt: skip
_READER_AWAY = frozenset({0x80100009, 0x80100017})  # UNKNOWN_READER, READER_UNAVAILABLE
_CARD_AWAY = frozenset({0x8010000C, 0x80100069})  # NO_SMARTCARD, REMOVED_CARD


class PcscError(Exception):
    """A call to pcscd had another result than success."""

    def __init__(self, code: int, call: str) -> None:
        self.code = code & _MASK
        self.call = call
        super().__init__(f"{call}: {self.meaning} (0x{self.code:08X})")

    @property
    def meaning(self) -> str:
        """The result's symbolic name in PC/SC, such as SCARD_E_NO_SERVICE."""
        return _NAMES.get(self.code, "unknown result")

    @property
    def is_denied(self) -> bool:
        """
        Pcscd hung up where it asks polkit: it does not let this user in, or it ended just then.

        libpcsclite gives one result for both. Only asking again, later, tells them apart.
        """
        return self.code == _HUNG_UP and self.call in _ASKING_POLKIT

    @property
    def is_service_away(self) -> bool:
        """Pcscd is gone, and every handle of this context with it."""
        return self.code in _SERVICE_AWAY and not self.is_denied

    @property
    def is_reader_away(self) -> bool:
        """The reader was unplugged, or its driver does not reach it."""
        return self.code in _READER_AWAY

    @property
    def is_card_away(self) -> bool:
        """The card was taken from the reader."""
        return self.code in _CARD_AWAY

    @property
    def is_fatal(self) -> bool:
        """It is not about the card: nothing else can be done over this context, or with this reader."""
        return self.is_denied or self.is_service_away or self.is_reader_away


@dataclass(frozen=True, slots=True)
class ReaderState:
    """What pcscd knows of a reader. The default is "tell me at once"."""

    bits: int = 0
    atr: bytes = b""

    @property
    def is_away(self) -> bool:
        """Unplugged, or not answering its driver."""
        return bool(self.bits & (_UNKNOWN | _UNAVAILABLE))

    @property
    def has_card(self) -> bool:
        """A card is on the reader, readable or not."""
        return bool(self.bits & _PRESENT)

    def has_moved_since(self, before: "ReaderState") -> bool:
        """
        Whether a card came or went.

        The high word counts comings and goings: it tells of those that were merged into one event. That others use
        the card is no news, nor would it be wise to look then: two processes would wake each other for ever.
        """
        return (self.has_card, self.bits >> 16) != (before.has_card, before.bits >> 16)


class Connection:
    """
    A connection to a card, or to the reader alone, until the context is left.

    The card is left as it is. After an exception it is powered anew: it may be another by now, of another kind, and
    so pcscd learns its ATR.
    """

    def __init__(self, handle: int, protocol: int) -> None:
        self._handle = handle
        self._pci: int = _scard.SCARD_PCI_T1 if protocol == _scard.SCARD_PROTOCOL_T1 else _scard.SCARD_PCI_T0

    def transmit(self, apdu: bytes) -> bytes:
        """Return the card's answer; empty when the card was torn away and pcscd did not notice."""
        return bytes(_checked("SCardTransmit", _scard.SCardTransmit(self._handle, self._pci, list(apdu))))

    def control(self, code: int, command: bytes) -> bytes:
        """Return the reader's own answer to a command of its maker."""
        return bytes(_checked("SCardControl", _scard.SCardControl(self._handle, code, list(command))))

    def attribute(self, attribute: int) -> bytes:
        """Return an attribute of the reader as its driver gives it."""
        return bytes(_checked("SCardGetAttrib", _scard.SCardGetAttrib(self._handle, attribute)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # The result is of no use: whatever went wrong, the handle is gone.
        _scard.SCardDisconnect(self._handle, _scard.SCARD_RESET_CARD if kind else _scard.SCARD_LEAVE_CARD)


class Context:
    """
    One client's own line to pcscd. Never shared between threads, never used again after a `PcscError.is_service_away`.

    Every call blocks as long as pcscd is frozen; pyscard releases the GIL meanwhile (PcscTypemaps.i).
    """

    def __init__(self) -> None:
        self._handle: int = _checked("SCardEstablishContext", _scard.SCardEstablishContext(_scard.SCARD_SCOPE_USER))

    def readers(self) -> list[str]:
        """Return the names pcscd gives its readers now."""
        result, *names = _scard.SCardListReaders(self._handle, [])
        if result & _MASK == _NO_READERS:
            return []
        return list(_checked("SCardListReaders", [result, *names]))

    def status_change(self, reader: str, known: ReaderState, wait_s: float) -> ReaderState | None:
        """Wait until the reader's state differs from the known one and return it; None when the time is over."""
        # Rule: feed back what came, high word and all. pcsc-lite 2.x counts events there, also for the PnP reader;
        # with a count of our own the call returns at once, for ever.
        asked = [(reader, known.bits & ~_CHANGED)]
        result, *states = _scard.SCardGetStatusChange(self._handle, round(wait_s * 1000), asked)
        if result & _MASK == _TIMEOUT:
            return None
        [(_, bits, atr)] = _checked("SCardGetStatusChange", [result, *states])
        return ReaderState(bits & ~_CHANGED, bytes(atr))

    def state(self, reader: str) -> ReaderState | None:
        """Return the reader's state as it is; None if pcscd does not say."""
        return self.status_change(reader, ReaderState(), 0)

    def connect_card(self, reader: str) -> Connection:
        """Return a connection to the card on the reader, shared with other processes."""
        return self._connect(reader, _scard.SCARD_SHARE_SHARED, _scard.SCARD_PROTOCOL_T0 | _scard.SCARD_PROTOCOL_T1)

    def connect_reader(self, reader: str) -> Connection:
        """Return a connection to the reader itself, card or not."""
        return self._connect(reader, _scard.SCARD_SHARE_DIRECT, 0)

    def _connect(self, reader: str, share: int, protocols: int) -> Connection:
        result, *opened = _scard.SCardConnect(self._handle, reader, share, protocols)
        if result:
            raise PcscError(result, "SCardConnect")
        handle, protocol = opened
        return Connection(handle, protocol)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Fails when pcscd is away, and is as good as done then.
        _scard.SCardReleaseContext(self._handle)


def _checked(call: str, answer: list[Any]) -> Any:  # noqa: ANN401 - pyscard is untyped; the callers say what comes
    result, value = answer[0], answer[1] if len(answer) > 1 else None
    if result:
        raise PcscError(result, call)
    return value
