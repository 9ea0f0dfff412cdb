"""Where a secret lies, and its bytes. A secret is never part of a message, a log, or the configuration."""

import os
import re
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.words import Told
from edge_agent.words.sentences import phrase

LIMIT_B = 64 * 1024

_CREDENTIAL = "credential:"
# Not "." and "..": a credential lies in its folder.
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")


class SecretUnavailable(Told):
    """A secret cannot be read. The message says which and what to do."""


class SeenByServiceOnly(SecretUnavailable):
    """A systemd credential, and this process is not the service that gets it."""


def is_reference(text: str) -> bool:
    """Whether this names a place for a secret, rather than being one."""
    return text.startswith((_CREDENTIAL, "/", "./", "../"))


def secret_path(reference: str) -> Path:
    """
    Return the file a reference stands for: `credential:NAME` lies where systemd puts credentials.

    Raises:
        SecretUnavailable: Neither a path nor a credential's name.
        SeenByServiceOnly: A credential, but systemd hands this process none.

    """
    if not is_reference(reference):
        raise SecretUnavailable(phrase("secret.reference"))
    if not reference.startswith(_CREDENTIAL):
        return Path(reference)
    name = reference.removeprefix(_CREDENTIAL)
    if not _NAME.fullmatch(name):
        raise SecretUnavailable(phrase("secret.name", reference=ascii(reference[:60])))
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SeenByServiceOnly(phrase("secret.no-service", reference=reference))
    return Path(folder) / name


def read_secret(reference: str) -> bytes:
    """
    Return the secret, without the one newline an editor puts at its end.

    Raises:
        SecretUnavailable: It cannot be read, is empty, or larger than 64 KiB.

    """
    path = secret_path(reference)
    try:
        secret = _without_newline(read_file(path, limit_b=LIMIT_B))
    except Unusable as exc:
        raise SecretUnavailable(phrase("secret.file", reference=reference, reason=exc.says)) from exc
    if not secret:
        raise SecretUnavailable(phrase("secret.file", reference=reference, reason=phrase("file.empty")))
    return secret


def _without_newline(content: bytes) -> bytes:
    return content[: -2 if content.endswith(b"\r\n") else -1] if content.endswith(b"\n") else content
