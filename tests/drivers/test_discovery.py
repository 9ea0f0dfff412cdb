"""What a card answers on air becomes the number PC/SC would give; anything else is no card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire import discovery
from drivers.wire.discovery import FoundCard, NotACardError

IDM = bytes.fromhex("012E4CE1A2B3C4D5")
PMM = bytes(8)


@pytest.mark.parametrize("system_code", [b"", b"\xfe\x00"])
def test_a_felica_card_is_its_idm_with_or_without_a_system_code(system_code: bytes) -> None:
    assert FoundCard(token=IDM, technology="felica") == discovery.felica(b"\x01" + IDM + PMM + system_code)


def test_a_telephone_that_offers_peer_to_peer_is_no_card() -> None:
    """Its number is drawn anew each time: every poll would be another worker."""
    with pytest.raises(NotACardError):
        discovery.felica(b"\x01\x01\xfe" + bytes(6) + PMM)


@pytest.mark.parametrize(
    ("sak", "technology"),
    [
        (0x00, "mifare-ultralight"),
        (0x04, "iso14443-3a"),
        (0x08, "mifare-classic-1k"),
        (0x18, "mifare-classic-4k"),
        (0x20, "iso14443-4"),
        (0x28, "iso14443-4"),
    ],
)
def test_a_type_a_card_is_named_as_pcsc_names_it(sak: int, technology: str) -> None:
    assert FoundCard(token=b"7654321", technology=technology) == discovery.type_a(b"7654321", sak)


def test_a_uid_drawn_by_the_card_does_not_last() -> None:
    assert not discovery.type_a(b"\x08abc", 0x20).is_lasting
    assert discovery.type_a(b"\x08abcdef", 0x20).is_lasting


def test_a_type_b_card_is_its_pupi_and_does_not_last() -> None:
    assert FoundCard(token=b"pupi", technology="iso14443-4", is_lasting=False) == discovery.type_b(
        b"\x50pupi" + bytes(4) + b"\x00\x81\x81"
    )


@given(st.binary(max_size=40), st.integers(0, 255))
def test_any_bytes_are_a_card_with_a_number_or_no_card(answer: bytes, sak: int) -> None:
    for read in (discovery.felica, discovery.type_b, lambda uid: discovery.type_a(uid, sak)):
        try:
            assert len(read(answer).token) in (4, 7, 8, 10)
        except NotACardError:
            continue
