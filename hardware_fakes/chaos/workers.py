"""Workers who touch all the time, one thread a gate, and come again when the lamp was not green. Judges nothing."""

import random
from collections.abc import Sequence
from threading import Event, Lock, Thread

from drivers.contract import AnswerKind
from hardware_fakes.card import Card, Tear
from hardware_fakes.chaos.witness import WitnessSlot
from hardware_fakes.lab import SAVED

PATIENCE_S = 3.0
TRIES = 4
TWICE_SHARE = 0.15
"""Of those who were answered, so many are not sure and touch again."""
PULLED_SHARE = 0.4
"""While cards are pulled: how many are taken away too early, for a start."""
AGAIN_S = 0.3
"""How long who was not answered green waits before trying again."""
BETWEEN_S = 0.02
"""The shortest time between two cards: a reader must see that one has left."""


class Crew:
    """All cards of the site; nobody holds one card to two readers at a time."""

    def __init__(self, cards: Sequence[bytes]) -> None:
        self._cards = list(cards)
        self._held: set[bytes] = set()
        self._lock = Lock()

    def take(self, rng: random.Random) -> bytes:
        """Return a card that is in nobody's hand; it is in this one until it is given back."""
        with self._lock:
            card = rng.choice([card for card in self._cards if card not in self._held])
            self._held.add(card)
            return card

    def give_back(self, card: bytes) -> None:
        """Put it back into the pocket."""
        with self._lock:
            self._held.discard(card)


class Worker(Thread):
    """Everybody who comes to one gate, one after the other."""

    def __init__(self, slot: WitnessSlot, crew: Crew, *, seed: str, pause_s: float) -> None:
        super().__init__(name=f"worker-{slot.gate}", daemon=True)
        self.touches = 0
        """Cards put down."""
        self.pulls_cards = False
        """Whether cards are taken away in the middle of being read, now and then."""
        self._slot = slot
        self._crew = crew
        self._rng = random.Random(seed)
        self._pause_s = pause_s
        self._over = Event()
        self._may_touch = Event()
        self._may_touch.set()
        self._rests = Event()

    def ask_to_pause(self) -> None:
        """Let nobody come any more; `wait_paused` waits until the last card is away."""
        self._rests.clear()
        self._may_touch.clear()

    def wait_paused(self) -> None:
        """Wait until the last card is away. Not before `ask_to_pause`."""
        self._rests.wait()

    def go_on(self) -> None:
        """End the pause."""
        self._may_touch.set()

    def stop(self) -> None:
        """Finish the touch at hand and go home."""
        self._over.set()
        self._may_touch.set()
        self.join()

    def run(self) -> None:
        """Come, touch, and go, until it is over."""
        while not self._over.is_set():
            if not self._may_touch.is_set():
                self._rests.set()
                self._may_touch.wait()
            card = self._crew.take(self._rng)
            try:
                self._visit(card)
            finally:
                self._crew.give_back(card)
            self._over.wait(BETWEEN_S + self._rng.expovariate(1 / self._pause_s))
        self._rests.set()

    def _visit(self, number: bytes) -> None:
        if self.pulls_cards and self._rng.random() < PULLED_SHARE:
            self._pull(number)
        for _ in range(TRIES):
            if self._touch(Card.felica(number), PATIENCE_S) in SAVED:
                break
            if self._over.wait(AGAIN_S) or not self._may_touch.is_set():
                return
        if self._rng.random() < TWICE_SHARE:
            self._touch(Card.felica(number), PATIENCE_S)

    def _pull(self, number: bytes) -> None:
        card = Card.felica(number)
        tear = self._rng.choice([*Tear, None])
        delay_s = 0.0 if tear else self._rng.uniform(0.0, 0.03)
        torn = Card(number=card.number, atr=card.atr, delay_s=delay_s, tear=tear)
        self._touch(torn, self._rng.uniform(0.0, 0.06))

    def _touch(self, card: Card, patience_s: float) -> AnswerKind | None:
        first = len(self._slot.readings)
        self.touches += 1
        self._slot.insert(card)
        try:
            self._slot.wait_until(lambda _: self._slot.answer_since(first) is not None, timeout_s=patience_s)
        except TimeoutError:
            return None
        else:
            return self._slot.answer_since(first)
        finally:
            self._slot.remove()
            self._over.wait(BETWEEN_S)
