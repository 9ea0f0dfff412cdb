"""The telephone line over a pty: who calls is told once, a recorded call is cut, and none is ever answered."""

from pathlib import Path

import pytest

from drivers.contract import AnswerKind, Medium, ReaderName
from drivers.modem import Modem
from hardware_fakes.modem import FakeModem
from hardware_fakes.watching import Watching, boot_ns

WORKER = "09012345678"


@pytest.fixture
def modem(tmp_path: Path):
    with FakeModem(tmp_path / "tty") as modem:
        yield modem


def reader(modem: FakeModem, **settings) -> Modem:
    return Modem(name=ReaderName("line-1"), now_ns=boot_ns, port=str(modem.path), **settings)


def test_a_call_is_one_sighting_and_is_cut_once_it_is_recorded(modem: FakeModem) -> None:
    with Watching(reader(modem), shows=AnswerKind.PENDING) as watching:
        watching.wait_until_open()
        modem.call(WORKER)
        watching.wait_for_sightings(1)
        watching.wait_until(lambda _: not modem.brain.is_ringing)
        modem.ring()
        watching.wait_for_signs_of_life(2)
    [sighting] = watching.sightings

    assert (Medium.PHONE, b"+819012345678", "call") == (sighting.medium, sighting.token, sighting.technology)
