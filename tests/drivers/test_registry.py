"""A driver that cannot be loaded is a message for the technician, and no other reader's business."""

import sys

import pytest

from drivers import registry
from drivers.contract import ReaderBroken
from hardware_fakes.reader import SlotReader


def test_driver_is_found_by_its_name_in_the_configuration() -> None:
    assert SlotReader is registry.load("simulated", lab=True)


def test_simulated_hardware_is_refused_on_a_gateway() -> None:
    """Nobody may enter a real site by a card that does not exist."""
    with pytest.raises(ReaderBroken, match="no driver named 'simulated'"):
        registry.load("simulated", lab=False)


def test_unknown_driver_is_answered_with_those_there_are() -> None:
    with pytest.raises(ReaderBroken, match=r"there are: .*pcsc"):
        registry.load("pcsv", lab=False)


def test_missing_pyscard_is_a_message_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drivers.pcsc", "drivers.winscard", "smartcard.scard"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "smartcard", None)

    with pytest.raises(ReaderBroken, match=r"'pcsc' cannot be loaded: .*smartcard.*is its package installed"):
        registry.load("pcsc", lab=False)
