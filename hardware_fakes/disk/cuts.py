"""The disk as a power cut may leave it. Pure: operations in, files out; a harsh model, and no file system's own.

Theory of operation. Only what was synced is sure. Of everything else each write may be on the platter or not, in any
order; one that is may be torn between sectors; a file may have its new length and zeros instead of its new contents. A
name made, removed or replaced is sure once its folder is synced; syncing the file alone does not help. After a failed
sync the kernel takes what was unsynced for clean: only writing it again, and another sync, bring it to the platter.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from hardware_fakes.disk.record import (
    Opened,
    Operation,
    Renamed,
    Synced,
    SyncFailed,
    Truncated,
    Unlinked,
    Written,
)

SECTOR = 512
KEPT = (0.0, 0.0, 0.3, 0.7, 1.0)
"""How likely an unsynced write is on the platter; one of them is chosen for each cut."""
TORN = 0.2
"""How likely such a write is torn."""


@dataclass(slots=True)
class _Unsynced:
    offset: int
    data: bytes | None
    """None: a truncation to `offset`."""
    is_forgotten: bool = False
    """A sync of it failed: the kernel will not write it again."""


@dataclass(slots=True)
class _File:
    platter: bytearray = field(default_factory=bytearray)
    unsynced: list[_Unsynced] = field(default_factory=list)

    def synced(self) -> None:
        """Everything goes to the platter but what the kernel forgot, as far as nobody wrote it again."""
        still: list[_Unsynced] = []
        for change in self.unsynced:
            if change.is_forgotten:
                still.append(change)
                continue
            _apply(self.platter, change)
            still = [rest for old in still for rest in _without(old, change)]
        self.unsynced = still

    def sync_failed(self) -> None:
        # A truncation is the file system's own business and is not forgotten.
        for change in self.unsynced:
            change.is_forgotten = change.data is not None

    def after_cut(self, rng: random.Random, kept: float) -> bytes:
        body = bytearray(self.platter)
        for change in self.unsynced:
            if rng.random() < kept:
                _apply(body, change) if rng.random() >= TORN else _tear(body, change, rng)
            elif change.data is not None and rng.random() < kept:
                _grow(body, change.offset + len(change.data))
        return bytes(body)


@dataclass(slots=True)
class _Link:
    name: str
    file: _File


_Naming = _Link | Unlinked | Renamed


class Disk:
    """One folder's files, seen from the platter."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        """Begin with these files, all synced."""
        self._sure = {name: _File(bytearray(body)) for name, body in (files or {}).items()}
        self._seen = dict(self._sure)
        self._unsure: list[_Naming] = []
        self._open: dict[int, _File] = {}
        self._folders: dict[int, str] = {}

    def run(self, operations: Iterable[Operation]) -> None:
        """Do them all."""
        for operation in operations:
            self.do(operation)

    def do(self, operation: Operation) -> None:
        """Take the program's next operation."""
        match operation:
            case Opened():
                self._opened(operation)
            case Synced(handle) if handle in self._folders:
                self._names_synced(self._folders[handle])
            case SyncFailed(handle) if handle in self._folders:
                pass
            case Synced(handle):
                self._open[handle].synced()
            case SyncFailed(handle):
                self._open[handle].sync_failed()
            case Written(handle, offset, data):
                self._open[handle].unsynced.append(_Unsynced(offset, data))
            case Truncated(handle, size):
                self._open[handle].unsynced.append(_Unsynced(size, None))
            case Unlinked() | Renamed():
                self._rename(operation)

    def cut(self, rng: random.Random, *, kept: float | None = None) -> dict[str, bytes]:
        """Return the files as the next start may find them; nothing here changes. Luck decides `kept`, too, if None."""
        kept = rng.choice(KEPT) if kept is None else kept
        names = dict(self._sure)
        for naming in self._unsure:
            if rng.random() < kept:
                _name(names, naming)
        return {name: file.after_cut(rng, kept) for name, file in names.items()}

    def _opened(self, opened: Opened) -> None:
        file = self._seen.get(opened.name)
        if file is None and not opened.creates:
            self._folders[opened.handle] = opened.name
            return
        if file is None:
            file = _File()
            self._rename(_Link(opened.name, file))
        if opened.truncates:
            file.unsynced.append(_Unsynced(0, None))
        self._open[opened.handle] = file

    def _rename(self, naming: _Naming) -> None:
        _name(self._seen, naming)
        self._unsure.append(naming)

    def _names_synced(self, folder: str) -> None:
        for naming in self._unsure:
            if _folder(naming) == folder:
                _name(self._sure, naming)
        self._unsure = [naming for naming in self._unsure if _folder(naming) != folder]


def _name(names: dict[str, _File], naming: _Naming) -> None:
    match naming:
        case _Link(name, file):
            names[name] = file
        case Unlinked(name):
            names.pop(name, None)
        case Renamed(old, new) if old in names:
            names[new] = names.pop(old)


def _folder(naming: _Naming) -> str:
    name = naming.new if isinstance(naming, Renamed) else naming.name
    return str(PurePosixPath(name).parent).strip(".")


def _grow(body: bytearray, size: int) -> None:
    body.extend(bytes(max(0, size - len(body))))


def _apply(body: bytearray, change: _Unsynced) -> None:
    if change.data is None:
        del body[change.offset :]
        _grow(body, change.offset)
        return
    _grow(body, change.offset)
    body[change.offset : change.offset + len(change.data)] = change.data


def _tear(body: bytearray, change: _Unsynced, rng: random.Random) -> None:
    """Keep some of its sectors."""
    if change.data is None:
        return
    end = change.offset + len(change.data)
    starts = [change.offset, *range((change.offset // SECTOR + 1) * SECTOR, end, SECTOR)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        if rng.random() < 0.5:  # noqa: PLR2004 - a sector is there or not
            _apply(body, _Unsynced(start, change.data[start - change.offset : stop - change.offset]))


def _without(old: _Unsynced, new: _Unsynced) -> list[_Unsynced]:
    """Return what is left of a forgotten write where a later change lies over it."""
    data = old.data or b""
    end = old.offset + len(data)
    new_end = end if new.data is None else new.offset + len(new.data)
    left = (old.offset, min(end, new.offset)), (max(old.offset, new_end), end)
    return [_Unsynced(a, data[a - old.offset : b - old.offset], is_forgotten=True) for a, b in left if a < b]
