"""Files that must be whole or not there, and belong to whom their folder belongs. Knows nothing of what is in them."""

import contextlib
import os
from pathlib import Path

from spool.file import sync_folder


def hand_over(path: Path) -> None:
    """Let a file made by root belong to its folder's owner: the service must be able to use it."""
    folder = path.parent.stat()
    with contextlib.suppress(PermissionError):  # not root: then it belongs to whoever runs this, as it should
        os.chown(path, folder.st_uid, folder.st_gid)


def hand_over_log(database: Path) -> None:
    """Let the log files that a reader leaves beside a database nobody else has open belong to its folder's owner."""
    for name in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            hand_over(database.with_name(database.name + name))


def put(path: Path, content: bytes) -> None:
    """
    Write the file so that it is whole or not there, also after a power cut.

    Raises:
        OSError: It could not be written.

    """
    aside = path.with_name(path.name + ".part")
    with aside.open("wb", buffering=0) as out:
        view = memoryview(content)
        while view:
            view = view[out.write(view) :]
        os.fsync(out.fileno())
    hand_over(aside)
    finish(aside, path)


def finish(aside: Path, path: Path) -> None:
    """
    Give a file, synced already, its name.

    Raises:
        OSError: It could not be renamed.

    """
    aside.replace(path)
    with contextlib.suppress(OSError):  # some file systems of sticks cannot sync a folder
        sync_folder(path.parent)
