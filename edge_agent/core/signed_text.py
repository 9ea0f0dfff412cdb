"""
Signed bytes as a short text for a QR code: 4 letters, then base32 of a body and its Ed25519 signature. Signs nothing.

Capitals and digits only: a QR code holds them in 5.5 bits each, and no keyboard layout, caps lock or serial line spoils
them.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

SIGNATURE_BYTES = 64
KEY_ID_BYTES = 4
TEXT_MAX = 256
"""Characters of the longest text."""


class NotSignedText(ValueError):
    """That is no text of this kind. The message says why, without the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """A body, and a signature nobody has checked yet."""

    kind: str
    """Four letters and digits that say what the body is; signed too."""
    body: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """What the signature is about."""
        return signed(self.kind, self.body)

    @property
    def text(self) -> str:
        """The text of the QR code."""
        return self.kind + base64.b32encode(self.body + self.signature).decode().rstrip("=")


def signed(kind: str, body: bytes) -> bytes:
    """Return what has to be signed: a signature under one kind of text is worth nothing under another."""
    return kind.encode() + body


def is_kind(kind: str, text: bytes) -> bool:
    """Tell whether a text claims to be of this kind."""
    return text.lstrip()[: len(kind)].upper() == kind.encode()


def parsed(kind: str, text: str) -> SignedText:
    """
    Return body and signature of a text.

    Small letters and blanks around it are taken: what a scanner that types may add. Anything else is as it was written,
    or it is nothing.

    Raises:
        NotSignedText: It is no text of this kind.

    """
    plain = text.strip()
    if not plain.isascii() or len(plain) > TEXT_MAX:
        raise NotSignedText(f"holds other characters than letters and digits, or more than {TEXT_MAX} of them")
    plain = plain.upper()
    if not plain.startswith(kind):
        raise NotSignedText(f"does not begin with {kind}")
    content = _decoded(plain[len(kind) :])
    if len(content) <= SIGNATURE_BYTES:
        raise NotSignedText("is too short")
    found = SignedText(kind=kind, body=content[:-SIGNATURE_BYTES], signature=content[-SIGNATURE_BYTES:])
    if found.text != plain:  # the bits left over in the last letter: one badge has one text
        raise NotSignedText("ends in bits that mean nothing")
    return found


def key_id(public: str) -> bytes:
    """Return how a text names the key that signed it: a hint where to look, no proof of anything."""
    return hashlib.sha256(bytes.fromhex(public)).digest()[:KEY_ID_BYTES]


def _decoded(letters: str) -> bytes:
    try:
        return base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error as exc:
        raise NotSignedText("holds letters or digits that base32 does not have, or one too few") from exc
