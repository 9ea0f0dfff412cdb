"""A reader slot that writes down who was read and what was answered. The other side of the account: not the program's.

A card that gave its number away is a reading. The lamp that follows it before the next reading is its answer: a reader
has one thread, which reads, commits, lights the lamp, and only then reads again. So a lamp that comes late, when the
next worker's card rests there already, is still the answer to the card that was read.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from drivers.contract import AnswerKind
from hardware_fakes.lab import LAMP, SAVED, Lab
from hardware_fakes.slot import Slot

_OK = b"\x90\x00"
_NUMBER_LENGTHS = frozenset({4, 7, 8})
_KINDS = {command: kind for kind, command in LAMP.items()}


@dataclass(slots=True, kw_only=True)
class Reading:
    """A card gave its number to whoever asked."""

    gate: str
    card: bytes
    ref: str
    """What the card is called outside the box."""
    at_ns: int
    """CLOCK_BOOTTIME, just before."""
    answer: AnswerKind | None = None
    """What the lamp said; None while, or if, it said nothing."""
    answered_ns: int | None = None

    @property
    def waited_ns(self) -> int | None:
        """How long the lamp took; None if it said nothing."""
        return None if self.answered_ns is None else self.answered_ns - self.at_ns

    def told(self, began_ns: int) -> str:
        """Return it in words; times count from this moment of CLOCK_BOOTTIME."""
        answered = (
            f"{self.answer} at {((self.answered_ns or 0) - began_ns) / 1e9:.3f} s" if self.answer else "no answer"
        )
        read_s = (self.at_ns - began_ns) / 1e9
        return f"card {self.card.hex()} ({self.ref}) at {self.gate}: read at {read_s:.3f} s, {answered}"

    @property
    def is_accepted(self) -> bool:
        """Whether the worker was promised that it is on disk."""
        return self.answer in SAVED


class WitnessSlot(Slot):
    """A slot that keeps its readings."""

    def __init__(self, path: Path, *, gate: str) -> None:
        self.gate = gate
        self.readings: list[Reading] = []
        """Oldest first. Grows; nothing in it is taken away."""
        self.strays = 0
        """Lamps that answered nothing: there was no reading, or it had its answer."""
        super().__init__(path)

    def answer_since(self, first: int) -> AnswerKind | None:
        """Return the newest answer among the readings from this index on; None if there is none yet."""
        return next((r.answer for r in reversed(self.readings[first:]) if r.answer), None)

    def _answer(self, question: bytes, content: bytes) -> bytes | None:
        at_ns = boot_ns()
        answer = super()._answer(question, content)
        if question == b"T" and answer and answer.endswith(_OK) and len(answer) - len(_OK) in _NUMBER_LENGTHS:
            number = answer[: -len(_OK)]
            self.readings.append(Reading(gate=self.gate, card=number, ref=Lab.card(number), at_ns=at_ns))
        elif question == b"X" and answer is not None and content in _KINDS:
            self._note(_KINDS[content])
        return answer

    def _note(self, kind: AnswerKind) -> None:
        with self._changed:
            if not self.readings or self.readings[-1].answer:
                self.strays += 1
                return
            self.readings[-1].answered_ns = boot_ns()
            self.readings[-1].answer = kind
            self._changed.notify_all()


def boot_ns() -> int:
    """Return CLOCK_BOOTTIME: what the box stamps touches with."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
