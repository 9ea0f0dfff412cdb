"""What the spool's tests share: a disk that is soon full."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware_fakes.small_disk import SmallDisk, available, small_disk


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path, require: Callable[[str | None], None]) -> Iterator[Callable[[int], SmallDisk]]:
    """Make a disk of so many kilobytes."""
    require(available())
    with contextlib.ExitStack() as stack:
        yield lambda size_kb: stack.enter_context(small_disk(tmp_path / "disk", size_kb=size_kb))
