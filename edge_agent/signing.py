"""Keys that sign: the box's for its checkpoints and exports, the receiver's for receipts on paper. Ed25519 (RFC 8032).

Who has root on the box has the key too: a signature proves what was said before, not what is said after.
"""

import os
from pathlib import Path
from typing import Self

from spool.file import sync_folder

KEY_BYTES = 32


class KeyUnavailable(Exception):
    """The key's file cannot be read or made. The message says what, where and what to do."""


class SigningKey:
    """A private key in a file of its own, readable by nobody else."""

    def __init__(self, seed: bytes) -> None:
        # Costs 8 MiB: paid only where something is signed.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw().hex()
        """The public key: 64 hex digits."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Return the key in this file; make it, if there is none.

        Raises:
            KeyUnavailable: It can be neither read nor made, or is no key.

        """
        try:
            seed = _made(path) if not path.exists() else path.read_bytes()
        except OSError as exc:
            raise KeyUnavailable(f"{path}: {exc.strerror}; may the program write there?") from exc
        if len(seed) != KEY_BYTES:
            raise KeyUnavailable(f"{path}: {len(seed)} bytes instead of {KEY_BYTES}; restore it, or move it away")
        return cls(seed)

    def sign(self, text: bytes) -> str:
        """Return the signature: 128 hex digits."""
        return self._key.sign(text).hex()


def is_signed(text: bytes, *, key: str, signature: str) -> bool:
    """Tell whether this public key signed this text. What is no key or no signature signed nothing."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _made(path: Path) -> bytes:
    seed = os.urandom(KEY_BYTES)
    # Written aside first: a power cut must not leave half a key.
    aside = path.with_name(path.name + ".new")
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, seed)
        os.fsync(file)
    finally:
        os.close(file)
    aside.replace(path)
    sync_folder(path.parent)
    return seed
