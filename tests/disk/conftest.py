"""Disks for tests: a faulty one, a small one, one on an image."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hardware_fakes.disk import mounts
from hardware_fakes.disk.faulty import FaultyDisk


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: names of Unix sockets have at most 107 bytes."""
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def state(folder: Path) -> Path:
    """Where a spool lies."""
    (folder / "state").mkdir()
    return folder / "state"


@pytest.fixture
def disk(state: Path, folder: Path, disk_build_dir: Path) -> Iterator[FaultyDisk]:
    """A faulty disk under that, with everything recorded."""
    with FaultyDisk(state, beside=folder, records=True, build_dir=disk_build_dir) as disk:
        yield disk


@pytest.fixture
def mounting(require: Callable[[str | None], None]) -> None:
    """Give up where nothing can be mounted."""
    require(mounts.available())


@pytest.fixture
def small_disk(require: Callable[[str | None], None], state: Path) -> Iterator[mounts.Mounted]:
    """A disk of 1 MiB where the spool lies."""
    require(mounts.available())
    with mounts.tmpfs(state, size_kib=8192) as small:
        yield small
