"""What tests of the terminal share: a stage on which people step before a camera that needs no models."""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import known

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def matrices_made_once() -> Iterator[None]:
    """Hundreds of terminals share few secrets; each matrix takes as long as a visit."""
    patch = pytest.MonkeyPatch()
    patch.setattr(known, "matrix", functools.cache(known.matrix))
    yield
    patch.undo()
