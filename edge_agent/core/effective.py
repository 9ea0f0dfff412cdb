"""What a touch counts as, after everything people said of it. Pairs nothing, counts nothing.

Rule: words are folded in the order they were said. Of each thing the last word counts, and what a word does not tell
stays as it was: so each word can be kept by itself, and the order in which words arrive does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from edge_agent.core.calendar import moment_ns
from edge_agent.core.said import AmendedData, JudgedData

COUNTING = frozenset({"accepted", "approved"})
TELLING = frozenset({"entry", "exit", "tap"})
"""Meanings that tell somebody was there. A repeat waits for nobody, and a refused touch counts for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Somebody's word on a touch. None: it does not tell that."""

    kind: str
    """`name`, `change`, `void`, `approved` or `refused`."""
    person: str | None = None
    company: str | None = None
    """Of that person: who is named anew has another company, or one that is not known."""
    meaning: str | None = None
    time: str | None = None
    day: str | None = None
    standing: str | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """A touch as it stands now."""

    site: str
    person: str | None
    """The worker's id, else the credential's reference; None where it tells of nobody in particular."""
    company: str | None = None
    method: str
    meaning: str
    time: str
    is_timed: bool = True
    """Whether somebody knew the time; else `time` is only what a wrong clock said."""
    day: str | None
    """The site day; None while not known."""
    standing: str
    """`accepted`, `pending`, `refused`, `approved` or `void`."""
    because: tuple[str, ...] = field(default=())
    flags: tuple[str, ...] = field(default=())

    @property
    def at_ns(self) -> int | None:
        """When it was, in UTC; None where nobody knows."""
        return moment_ns(self.time) if self.is_timed else None

    @property
    def rank(self) -> tuple[str, ...]:
        """An order among touches of one moment: any, but always the same."""
        return (
            self.meaning,
            self.method,
            self.time,
            self.day or "",
            self.company or "",
            self.standing,
            *self.because,
            "",
            *self.flags,
        )

    @property
    def is_telling(self) -> bool:
        """Whether it tells that somebody in particular was there, if it is right."""
        return self.person is not None and self.meaning in TELLING

    @property
    def counts(self) -> bool:
        """Whether it counts."""
        return self.is_telling and self.standing in COUNTING

    @property
    def waits(self) -> bool:
        """Whether it would count if somebody approved it, or said whose it was."""
        nameless = self.person is None and self.standing in COUNTING
        return self.meaning in TELLING and (self.standing == "pending" or nameless)


def amended(data: AmendedData) -> Word:
    """Return what a person's correction tells."""
    if data.kind == "void":
        return Word(kind="void", standing="void", by=data.by, why=data.why)
    # Rule: what was changed by hand wants approval again.
    unsaid = "pending" if data.kind == "change" else None
    return Word(
        kind=data.kind,
        person=data.person.id if data.person else None,
        company=data.person.company if data.person else None,
        meaning=data.meaning,
        time=data.at,
        day=data.day,
        standing=data.standing or unsaid,
        by=data.by,
        why=data.why,
    )


def judged(data: JudgedData) -> Word:
    """Return what the prime's word tells of each of its touches."""
    return Word(kind=data.verdict, standing=data.verdict, by=data.by, why=data.why)


def fold(touch: Effective, words: Iterable[Word]) -> Effective:
    """Return the touch after these words, which are in the order they were said."""
    for word in words:
        touch = _after(touch, word)
    return touch


def _after(touch: Effective, word: Word) -> Effective:
    told = {
        name: value for name in ("meaning", "time", "day", "standing") if (value := getattr(word, name)) is not None
    }
    if word.person is not None:
        told |= {"person": word.person, "company": word.company}
    return replace(touch, **told, is_timed=touch.is_timed or word.time is not None)
