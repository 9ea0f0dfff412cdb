"""What tests of several folders share: the laboratory's pcscd, and how a test says what it cannot do without."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware_fakes import published
from hardware_fakes.disk import faulty
from hardware_fakes.pcscd import READERS_MAX, Pcscd, available
from hardware_fakes.slot import Slot


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        metavar="PATTERN",
        help="run the readers' contract tests by hand over the real PC/SC reader whose name fits; needs -s",
    )


@pytest.fixture(scope="session")
def require() -> Callable[[str | None], None]:
    """
    Give up the test for the reason given, if there is one.

    Skips on a developer's machine; fails where CI=true, since there nothing may be missing.
    """

    def give_up(reason: str | None) -> None:
        if reason and os.environ.get("CI") == "true":
            pytest.fail(reason)
        if reason:
            pytest.skip(reason)

    return give_up


@pytest.fixture(scope="session")
def disk_build_dir(require: Callable[[str | None], None]) -> Path:
    """Where the faulty disk is built; gives up where it cannot be."""
    require(faulty.available())
    return Path(__file__).parent.parent / "build" / "lab"


@dataclass(frozen=True)
class PcscLab:
    """The real pcscd with every reader it has room for: `Lab 00` to `Lab 15`."""

    pcscd: Pcscd
    slots: list[Slot]


@pytest.fixture(scope="module")
def pcsc_lab(tmp_path_factory: pytest.TempPathFactory, require: Callable[[str | None], None]) -> Iterator[PcscLab]:
    require(available())
    folder = tmp_path_factory.mktemp("pcscd")
    build_dir = Path(__file__).parent.parent / "build" / "lab"
    slots = [Slot(folder / f"{i:02}.sock") for i in range(READERS_MAX)]
    with Pcscd(folder, {f"Lab {i:02}": slot for i, slot in enumerate(slots)}, build_dir=build_dir) as pcscd:
        yield PcscLab(pcscd, slots)
    for slot in slots:
        slot.close()


@pytest.fixture(scope="session")
def face_models(require: Callable[[str | None], None]) -> Path:
    """The folder with the face models, as `models install` leaves it. Needs the registry once."""
    try:
        return published.models()
    except published.NotToBeHad as exc:
        require(str(exc))
        raise


@pytest.fixture(scope="session")
def photographs(require: Callable[[str | None], None]) -> Path:
    """The folder with six freely licensed photographs: person_a_1, person_a_2, person_b_1, …, impostor_2 (.jpg)."""
    try:
        return published.photographs()
    except published.NotToBeHad as exc:
        require(str(exc))
        raise
