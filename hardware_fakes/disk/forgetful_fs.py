"""A file system of one folder that forgets what was not synced when its power is cut. A program: see forgetful.py.

python -m hardware_fakes.disk.forgetful_fs MOUNT; `cut FOLDER KEPT SEED` on standard input cuts the power, puts what is
left into FOLDER, says `cut`, and fails whatever comes later.
"""

import errno
import os
import random
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

import mfusepy

from hardware_fakes.disk.cuts import Disk
from hardware_fakes.disk.record import Opened, Renamed, Synced, Truncated, Unlinked, Written

ROOT = 1
"""The folder's own handle on the model."""


@dataclass(slots=True)
class _Node:
    handle: int
    mode: int
    body: bytearray = field(default_factory=bytearray)


class ForgetfulFs:
    """What the kernel asks: answered from memory, told to the model of the disk."""

    use_ns = True

    def __init__(self) -> None:
        self._disk = Disk()
        self._disk.do(Opened(ROOT, ""))
        self._nodes: dict[str, _Node] = {}
        self._handles = ROOT
        self._guard = Lock()  # mfusepy takes an attribute `lock` for an operation
        self._is_dead = False

    def cut(self, folder: Path, kept: float, seed: int) -> None:
        """Cut the power; put what is left there."""
        with self._guard:
            self._is_dead = True
            for name, body in self._disk.cut(random.Random(seed), kept=kept).items():
                (folder / name).write_bytes(body)

    # ------------------------------------------------------------ names
    def getattr(self, path: str, _fh: int | None = None) -> dict[str, int]:
        """Return kind, mode and size."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        node = self._node(path)
        return {"st_mode": stat.S_IFREG | node.mode, "st_nlink": 1, "st_size": len(node.body)}

    def readdir(self, _path: str, _fh: int) -> list[str]:
        """List the folder."""
        return [".", "..", *(name[1:] for name in list(self._nodes))]

    def create(self, path: str, mode: int) -> int:
        """Make a file."""
        with self._guard:
            self._alive()
            self._handles += 1
            self._nodes[path] = _Node(self._handles, stat.S_IMODE(mode))
            self._disk.do(Opened(self._handles, path[1:], creates=True))
            return 0

    def open(self, path: str, _flags: int) -> int:
        """Open a file that is there."""
        self._node(path)
        return 0

    def unlink(self, path: str) -> None:
        """Remove a name."""
        with self._guard:
            self._node(path)
            del self._nodes[path]
            self._disk.do(Unlinked(path[1:]))

    def rename(self, old: str, new: str, _flags: int = 0) -> None:
        """Replace a name."""
        with self._guard:
            self._nodes[new] = self._node(old)
            del self._nodes[old]
            self._disk.do(Renamed(old[1:], new[1:]))

    def chmod(self, path: str, mode: int) -> None:
        """Set the mode."""
        self._node(path).mode = stat.S_IMODE(mode)

    def utimens(self, path: str, _times: tuple[int, int] | None = None) -> None:
        """Times are not kept."""
        self._node(path)

    # ------------------------------------------------------------ contents
    def read(self, path: str, size: int, offset: int, _fh: int) -> bytes:
        """Return bytes as the program sees them."""
        return bytes(self._node(path).body[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, _fh: int) -> int:
        """Take bytes."""
        with self._guard:
            node = self._node(path)
            node.body.extend(bytes(max(0, offset - len(node.body))))
            node.body[offset : offset + len(data)] = data
            self._disk.do(Written(node.handle, offset, bytes(data)))
            return len(data)

    def truncate(self, path: str, length: int, _fh: int | None = None) -> None:
        """Set the length."""
        with self._guard:
            node = self._node(path)
            del node.body[length:]
            node.body.extend(bytes(length - len(node.body)))
            self._disk.do(Truncated(node.handle, length))

    def fsync(self, path: str, _datasync: int, _fh: int) -> int:
        """Make the contents sure."""
        with self._guard:
            self._disk.do(Synced(self._node(path).handle))
            return 0

    def fsyncdir(self, _path: str, _datasync: int, _fh: int) -> int:
        """Make the names sure."""
        with self._guard:
            self._alive()
            self._disk.do(Synced(ROOT))
            return 0

    def _node(self, path: str) -> _Node:
        self._alive()
        node = self._nodes.get(path)
        if node is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return node

    def _alive(self) -> None:
        if self._is_dead:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _obey(fs: ForgetfulFs) -> None:
    for line in sys.stdin:
        _, folder, kept, seed = line.split()
        fs.cut(Path(folder), float(kept), int(seed))
        print("cut", flush=True)  # noqa: T201 - the other end of the pipe


if __name__ == "__main__":
    served = ForgetfulFs()
    Thread(target=_obey, args=(served,), daemon=True).start()
    mfusepy.FUSE(served, sys.argv[1], foreground=True, fsname="forgetful", attr_timeout=0, entry_timeout=0)
