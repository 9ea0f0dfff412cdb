"""What tests of power cuts share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hardware_fakes.disk import faulty


@pytest.fixture(scope="session")
def build_dir(require: Callable[[str | None], None]) -> Path:
    """Where the faulty disk is built; gives up where it cannot be."""
    require(faulty.available())
    return Path(__file__).parents[2] / "build" / "lab"
