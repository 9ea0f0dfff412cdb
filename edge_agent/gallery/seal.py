"""Seal bytes with AES-256-GCM, and open them. Knows no file; what a seal is for stands in its label."""

import hmac
import os

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class NotOpened(Exception):
    """The seal is broken: another key, another label, or changed bytes. Nobody can tell which."""


class Key:
    """The gallery's key. What it seals is worthless without it."""

    def __init__(self, key: bytes) -> None:
        # Costs some MiB: paid only where faces are kept.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        self._seal = AESGCM(hmac.digest(key, b"edge-agent gallery seal", "sha256"))
        self._names = hmac.digest(key, b"edge-agent gallery names", "sha256")

    def seal(self, plain: bytes, label: bytes) -> bytes:
        """Return nonce, ciphertext and tag. The nonce is random each time: 96 bits, for far fewer than 2^32 uses."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, plain, label)

    def open(self, sealed: bytes, label: bytes) -> bytes:
        """
        Return what was sealed under this label.

        Raises:
            NotOpened: It was not, or not with this key.

        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise NotOpened
        try:
            return self._seal.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], label)
        except InvalidTag:
            raise NotOpened from None

    def name(self, text: str) -> str:
        """Return a file's name that tells nobody whose it is: 32 hex digits."""
        return hmac.digest(self._names, text.encode(), "sha256")[:16].hex()
