"""Questions that somebody answers later, by number. Who asked waits a bounded while; knows no pipe and no question."""

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """An answer that says to which question."""

    @property
    def number(self) -> int:
        """The question's."""
        ...


A = TypeVar("A", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """One question, until its context is left."""

    number: int
    kind: type[A]
    future: Future[A]

    def answer(self, *, within_s: float) -> A | None:
        """Return the answer; None where there is none in time, or never will be."""
        try:
            return self.future.result(within_s)
        except (TimeoutError, CancelledError):
            return None


class Questions:
    """All that wait for an answer. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._open: dict[int, Question[Numbered]] = {}

    @contextmanager
    def asked(self, kind: type[A]) -> Iterator[Question[A]]:
        """Yield a question with a number that no other ever has; an answer of another kind is none."""
        with self._lock:
            self._number += 1
            question: Question[A] = Question(self._number, kind, Future())
            self._open[question.number] = question  # type: ignore[assignment] # `kind` is compared before it is answered
        try:
            yield question
        finally:
            with self._lock:
                self._open.pop(question.number, None)

    def answered(self, answer: Numbered) -> None:
        """Give it to whoever waits; an answer that nobody waits for is ignored."""
        with self._lock:
            question = self._open.get(answer.number)
            if question and isinstance(answer, question.kind) and not question.future.done():
                question.future.set_result(answer)

    def give_up(self) -> None:
        """Let nobody wait any longer: no answer will come."""
        with self._lock:
            for each in self._open.values():
                each.future.cancel()
