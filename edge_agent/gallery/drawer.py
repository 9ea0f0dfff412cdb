"""The gallery's folder: files written whole, overwritten when they go, and all exchanged at once. Seals nothing."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from spool.file import sync_folder

FILE_MAX_B = 1 << 20
_PART = ".part"


class Drawer:
    """
    A folder of small files.

    Beside it may stand NAME.new, being filled, and NAME.old, being emptied: whatever dies, one whole folder is left.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._new, self._old = (folder.with_name(folder.name + end) for end in (".new", ".old"))

    def mend(self) -> None:
        """
        Finish what a power cut interrupted.

        Raises:
            OSError: It cannot be written there.

        """
        if self._old.exists() and not self.folder.exists() and self._new.exists():
            self._rename(self._new, self.folder)
        for folder in (self._new, self._old):
            _empty(folder)
        for part in self.folder.glob("*" + _PART):
            _shred(part)

    def names(self) -> Iterator[str]:
        """Yield the files' names."""
        if self.folder.is_dir():
            yield from sorted(path.name for path in self.folder.iterdir() if not path.name.endswith(_PART))

    def read(self, name: str) -> bytes:
        """
        Return a file; nothing of one that is not there.

        Raises:
            OSError: It cannot be read.

        """
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(FILE_MAX_B)
        except FileNotFoundError:
            return b""

    def write(self, name: str, content: bytes) -> None:
        """
        Write a file so that it is whole or as before, also after a power cut; what it held before is overwritten.

        Raises:
            OSError: It could not be written.

        """
        _made(self.folder)
        path = self.folder / name
        with _kept_open(path) as before:
            _put(self.folder, name, content)
            sync_folder(self.folder)
            if before is not None:
                _overwrite(before)

    def erase(self, name: str) -> bool:
        """
        Overwrite a file and remove it; tell whether it was there.

        Raises:
            OSError: It could not be erased.

        """
        path = self.folder / name
        if not path.exists():
            return False
        _shred(path)
        sync_folder(self.folder)
        return True

    def exchange(self, files: Mapping[str, bytes]) -> None:
        """
        Put these files in the place of all there are: all of them or none, also after a power cut.

        Raises:
            OSError: Nothing was exchanged; or it was, and the old ones are erased by the next `mend`.

        """
        _empty(self._new)
        _made(self._new)
        for name, content in files.items():
            _put(self._new, name, content)
        sync_folder(self._new)
        if self.folder.exists():
            self._rename(self.folder, self._old)
        self._rename(self._new, self.folder)
        _empty(self._old)

    def empty(self) -> None:
        """
        Erase everything.

        Raises:
            OSError: It is gone from sight; the next `mend` finishes it.

        """
        _empty(self._new)  # or `mend` would take what is left there for the folder that follows
        if self.folder.exists():
            self._rename(self.folder, self._old)
        _empty(self._old)

    def _rename(self, old: Path, new: Path) -> None:
        old.rename(new)
        sync_folder(new.parent)


def _made(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        sync_folder(folder.parent)


def _put(folder: Path, name: str, content: bytes) -> None:
    aside = folder / (name + _PART)
    opened = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with open(opened, "wb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        _write(file.fileno(), content)
        os.fsync(file.fileno())
    aside.rename(folder / name)


@contextlib.contextmanager
def _kept_open(path: Path) -> Iterator[int | None]:
    """Hold the file that is about to be replaced: by name nobody could overwrite it any more."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield None
        return
    try:
        yield opened
    finally:
        os.close(opened)


def _overwrite(opened: int) -> None:
    # Rule: on flash the old cells may live on; that the bytes were sealed, and the key elsewhere, is what protects.
    size = os.fstat(opened).st_size
    os.lseek(opened, 0, os.SEEK_SET)
    _write(opened, os.urandom(size))
    os.fsync(opened)


def _write(opened: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(opened, view) :]


def _shred(path: Path) -> None:
    with _kept_open(path) as opened:
        if opened is not None:
            _overwrite(opened)
    path.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    if not folder.exists():
        return
    for path in folder.iterdir():
        _shred(path)
    folder.rmdir()
    sync_folder(folder.parent)
