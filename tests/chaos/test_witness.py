"""Who writes down what lamps said: on his word the whole account stands."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.contract import AnswerKind
from hardware_fakes.card import Card, Tear
from hardware_fakes.chaos.witness import WitnessSlot
from hardware_fakes.lab import LAMP

READ = b"T" + bytes.fromhex("FFCA000000")
GREEN = b"X" + LAMP[AnswerKind.ENTERED]
AMBER = b"X" + LAMP[AnswerKind.NOT_SAVED]
ANN, BOB = Card.felica(b"ann-----"), Card.felica(b"bob-----")


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[WitnessSlot]:
    with WitnessSlot(tmp_path / "south.sock", gate="south") as slot:
        yield slot


@pytest.fixture
def ask(slot: WitnessSlot) -> Iterator[Callable[..., None]]:
    """Be the reader's driver."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.connect(str(slot.path))

        def ask(*questions: bytes) -> None:
            for question in questions:
                line.send(question)
                line.recv(1000)

        yield ask


def told(slot: WitnessSlot) -> list[tuple[bytes, AnswerKind | None]]:
    return [(reading.card, reading.answer) for reading in slot.readings]


def test_a_lamp_answers_the_card_that_was_read(slot: WitnessSlot, ask: Callable[..., None]) -> None:
    slot.insert(ANN)
    ask(b"U", READ, AMBER, READ, GREEN)

    assert [(ANN.number, AnswerKind.NOT_SAVED), (ANN.number, AnswerKind.ENTERED)] == told(slot)


def test_a_lamp_that_comes_late_does_not_answer_the_next_card(slot: WitnessSlot, ask: Callable[..., None]) -> None:
    """The box stood still, Ann went away, Bob stands there: the green is Ann's."""
    slot.insert(ANN)
    ask(b"U", READ)
    slot.insert(BOB)
    ask(GREEN)

    assert [(ANN.number, AnswerKind.ENTERED)] == told(slot)
    assert slot.answer_since(1) is None


def test_a_card_pulled_away_was_not_read(slot: WitnessSlot, ask: Callable[..., None]) -> None:
    slot.insert(Card(number=ANN.number, atr=ANN.atr, tear=Tear.ERROR))
    ask(b"U", READ)

    assert [] == told(slot)


def test_a_lamp_for_nobody_is_noticed(slot: WitnessSlot, ask: Callable[..., None]) -> None:
    slot.insert(ANN)
    ask(b"U", READ, GREEN, GREEN)

    assert slot.strays == 1
