"""What the end-to-end tests need of the machine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from hardware_fakes import mosquitto, pcscd
from hardware_fakes.slot import Slot


@pytest.fixture
def real_pcscd(require: Callable[[str | None], None]) -> Iterator[Callable[[Path, Mapping[str, Slot]], None]]:
    """Start the real pcscd over these slots; it ends with the test."""
    require(pcscd.available())
    build_dir = Path(__file__).parents[2] / "build" / "lab"
    with ExitStack() as running:
        yield lambda folder, slots: running.enter_context(pcscd.Pcscd(folder, slots, build_dir=build_dir)) and None


@pytest.fixture
def real_mosquitto(require: Callable[[str | None], None]) -> None:
    """Give up where there is no Mosquitto."""
    require(mosquitto.available())
