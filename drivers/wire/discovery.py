"""What a card says of itself when it is found on air: its answer becomes an identity. Knows no chip, no library."""

from dataclasses import dataclass

_IDM = slice(1, 9)
_PUPI = slice(1, 5)
_UID_SIZES = (4, 7, 10)
_RANDOM_UID = 0x08
"""A UID of four bytes that begins so is drawn anew at every activation (ISO/IEC 14443-3)."""
_PEER = b"\x01\xfe"
"""An NFCID2 that begins so is a telephone that offers peer to peer, drawn anew each time: no card (NFC Forum)."""
_HAS_PART_4 = 0x20
_SAK_NAMES = {
    0x00: "mifare-ultralight",
    0x08: "mifare-classic-1k",
    0x09: "mifare-mini",
    0x10: "mifare-plus-2k",
    0x11: "mifare-plus-4k",
    0x18: "mifare-classic-4k",
    0x88: "mifare-classic-1k",
    0x98: "mifare-classic-4k",
}


class NotACardError(ValueError):
    """The answer is cut short, or none of a card's. The message never holds what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCard:
    """A card on air, named as a PC/SC reader would name it."""

    token: bytes
    """IDm, UID or PUPI: what `FF CA 00 00 00` reads through PC/SC."""
    technology: str
    """As `drivers.wire.apdu.technology` says it."""
    is_lasting: bool = True
    """False where the same card may say another number when it is found again."""


def felica(sensf_res: bytes) -> FoundCard:
    """
    Read a polling response: 01, IDm, PMm, perhaps the system code.

    Raises:
        NotACardError: Too short, another code, or a telephone that offers peer to peer.

    """
    if len(sensf_res) < 17 or sensf_res[0] != 0x01:  # noqa: PLR2004 - code, IDm, PMm
        raise NotACardError(f"a FeliCa polling response of {len(sensf_res)} bytes")
    if sensf_res[_IDM].startswith(_PEER):
        raise NotACardError("a telephone, not a card")
    return FoundCard(token=sensf_res[_IDM], technology="felica")


def type_a(uid: bytes, sak: int) -> FoundCard:
    """
    Read what anticollision gave: the whole UID without cascade tags, and the last SAK.

    Raises:
        NotACardError: A UID has 4, 7 or 10 bytes.

    """
    if len(uid) not in _UID_SIZES:
        raise NotACardError(f"a UID of {len(uid)} bytes")
    is_random = len(uid) == _UID_SIZES[0] and uid[0] == _RANDOM_UID
    technology = "iso14443-4" if sak & _HAS_PART_4 else _SAK_NAMES.get(sak, "iso14443-3a")
    return FoundCard(token=uid, technology=technology, is_lasting=not is_random)


def type_b(sensb_res: bytes) -> FoundCard:
    """
    Read an ATQB: 50, PUPI, application data, protocol info.

    Raises:
        NotACardError: Too short, or another code.

    """
    if len(sensb_res) < 12 or sensb_res[0] != 0x50:  # noqa: PLR2004 - code, PUPI, 4 of application, 3 of protocol
        raise NotACardError(f"an ATQB of {len(sensb_res)} bytes")
    technology = "iso14443-4" if sensb_res[10] & 1 else "iso14443-3b"
    # Driving licences and My Number cards draw a PUPI at each activation, and nothing in the answer says so.
    return FoundCard(token=sensb_res[_PUPI], technology=technology, is_lasting=False)
