"""The key of the gallery: 32 bytes in a file, such as a systemd credential. Never kept beside what it seals."""

import os
from pathlib import Path

from edge_agent.config.face import Face
from edge_agent.config.secrets import SecretUnavailable, secret_path
from edge_agent.gallery.seal import KEY_BYTES
from edge_agent.words.sentences import phrase


def gallery_key(face: Face) -> bytes:
    """
    Return the key.

    Raises:
        SecretUnavailable: None is configured, the file cannot be read, or holds no key.

    """
    if not face.key_file:
        raise SecretUnavailable(phrase("secret.no-face-key"))
    try:
        # Not read_secret: a key may end in the byte that is a newline elsewhere.
        key = secret_path(face.key_file).read_bytes()
    except OSError as exc:
        reason = phrase("file.failed", reason=str(exc.strerror))
        raise SecretUnavailable(phrase("secret.file", reference=face.key_file, reason=reason)) from exc
    if len(key) != KEY_BYTES:
        raise SecretUnavailable(phrase("secret.bad-face-key", reference=face.key_file, count=len(key)))
    return key


def make_key(file: Path) -> None:
    """
    Write a new key into a new file that only its owner may read.

    Raises:
        FileExistsError: There is one already: without it every face sealed with it would be lost.
        OSError: It cannot be written.

    """
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(opened, "wb") as out:  # noqa: PTH123 - a descriptor
        out.write(os.urandom(KEY_BYTES))
        out.flush()
        os.fsync(out.fileno())
