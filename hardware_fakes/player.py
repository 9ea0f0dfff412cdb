"""Hands that put cards on readers, in real time, and eyes that see the answers. One thread a reader."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from drivers.contract import AnswerKind
from hardware_fakes.card import Card
from hardware_fakes.lab import SAVED, Gate, answers
from hardware_fakes.site import Gesture

PATIENCE_S = 3.0
"""How long a worker waits for an answer before trying again."""
TRIES = 5
PAUSE_S = 0.005
"""The shortest time between taking a card away and the next one."""


@dataclass(slots=True)
class Tally:
    """What the workers were told. Counted at the lamps, not in the program under test."""

    saved: Counter[bytes] = field(default_factory=Counter)
    """By card: answers that promise."""
    refused: int = 0
    unanswered: int = 0
    """Cards taken away again without any answer."""


class Player(Thread):
    """Plays one reader's gestures."""

    def __init__(self, gate: Gate, gestures: Sequence[Gesture], *, start_s: float, speed: float, stop: Event) -> None:
        super().__init__(name=f"player-{gate.name}", daemon=True)
        self.tally = Tally()
        self._gate = gate
        self._gestures = gestures
        self._start_s = start_s
        self._speed = speed
        self._stop_playing = stop

    def run(self) -> None:
        """Play every gesture at its time, or as soon as the reader is free."""
        for gesture in self._gestures:
            wait_s = self._start_s + gesture.at_s / self._speed - time.monotonic()
            if self._stop_playing.wait(max(0.0, wait_s)):
                return
            self._touch(gesture.holder.card)

    def _touch(self, number: bytes) -> None:
        for _ in range(TRIES):
            answer = touch(self._gate, number)
            if answer in SAVED:
                self.tally.saved[number] += 1
                return
            if answer is None:
                self.tally.unanswered += 1
            else:
                self.tally.refused += 1


def touch(gate: Gate, number: bytes, *, patience_s: float = PATIENCE_S) -> AnswerKind | None:
    """Hold a card to the reader until it answers; return the answer, None if there was none in time."""
    before = len(answers(gate.slot))
    gate.slot.insert(Card.felica(number))
    try:
        gate.slot.wait_until(lambda slot: len(answers(slot)) > before, timeout_s=patience_s)
        return answers(gate.slot)[before]
    except TimeoutError:
        return None
    finally:
        gate.slot.remove()
        time.sleep(PAUSE_S)
