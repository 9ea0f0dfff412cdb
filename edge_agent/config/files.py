"""Read a file somebody named in a configuration: bounded, never waiting, with a reason a technician understands."""

import os
import stat
from pathlib import Path

from edge_agent.words import Told
from edge_agent.words.sentences import phrase

_MIB, _KIB = 1 << 20, 1 << 10


class Unusable(Told):
    """A file cannot be used. The message says why, without the path and without anything from inside."""


def read_file(path: Path, *, limit_b: int) -> bytes:
    """
    Return what the file holds.

    Raises:
        Unusable: Missing, not readable, not a file, empty, larger than `limit_b` bytes.

    """
    try:
        # A pipe would be waited for, for ever: look first what it is.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unusable(phrase("file.kind"))
            content = file.read(limit_b + 1)
    except (OSError, ValueError) as exc:
        raise _unusable(exc) from exc
    if not content:
        raise Unusable(phrase("file.empty"))
    if len(content) > limit_b:
        raise Unusable(phrase("file.large", limit=_size(limit_b)))
    return content


def _unusable(exc: OSError | ValueError) -> Unusable:
    match exc:
        case FileNotFoundError() | NotADirectoryError():
            return Unusable(phrase("file.missing"))
        case PermissionError():
            return Unusable(phrase("file.forbidden"))
        case IsADirectoryError():
            return Unusable(phrase("file.folder"))
        case OSError():
            return Unusable(phrase("file.failed", reason=exc.strerror or "?"))
        case _:  # a path with a NUL in it
            return Unusable(phrase("file.missing"))


def _size(limit_b: int) -> str:
    return f"{limit_b // _MIB} MiB" if limit_b >= _MIB else f"{limit_b // _KIB} KiB"
