"""One command at a time to a modem, and what it replies. Times are given; knows no port, and what commands are for.

A conversation is a generator: it yields what to ask and is sent the reply. Urgent ones go between the commands of the
others. What a modem says unasked is nobody's reply, and passes by here.
"""

import contextlib
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field

from drivers.wire import at
from drivers.wire.at_message import Final, Message, Prompt, Text

_NS_PER_S = 1_000_000_000
PATIENCE_S = 8.0
"""A command that asks only the modem itself is answered within this."""
DEAF_AFTER = 2
"""So many commands in a row without a reply: the modem does not hear us."""
_LATE_NS = 4 * _NS_PER_S
"""A reply that did not come is given so long to come late, lest it be taken for the next command's."""
_END_OF_TEXT, _GIVE_UP = b"\x1a", b"\x1b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command, and how long its reply may take."""

    command: str
    patience_s: float = PATIENCE_S
    body: str = ""
    """What the modem is given when it prompts for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a command."""

    error: str
    """Empty: OK. `none`: there was no reply."""
    words: tuple[str, ...] = ()
    """The lines before it that are no message of their own."""


Talk = Generator[Ask, Reply, None]


class _Lane:
    """Conversations one after the other; the foremost may be between two of its commands."""

    def __init__(self) -> None:
        self.waiting: deque[Talk] = deque()
        self.held: tuple[Talk, Ask] | None = None

    @property
    def is_empty(self) -> bool:
        return self.held is None and not self.waiting

    def next(self) -> tuple[Talk, Ask] | None:
        found, self.held = self.held, None
        while found is None and self.waiting:
            talk = self.waiting.popleft()
            with contextlib.suppress(StopIteration):
                found = talk, next(talk)
        return found


@dataclass(slots=True, kw_only=True)
class _Pending:
    lane: _Lane
    talk: Talk
    ask: Ask
    until_ns: int
    words: list[str] = field(default_factory=list)


class Dialogue:
    """The commands of one modem."""

    def __init__(self) -> None:
        self._urgent, self._others = _Lane(), _Lane()
        self._pending: _Pending | None = None
        self._quiet_until_ns = 0
        self._unanswered = 0

    @property
    def is_deaf(self) -> bool:
        """Whether the modem has not replied for so long that it should be given up."""
        return self._unanswered >= DEAF_AFTER

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked and nothing waits to be."""
        return self._pending is None and self._urgent.is_empty and self._others.is_empty

    def begin(self, talk: Talk, *, is_urgent: bool = False) -> None:
        """Have this conversation as soon as it is its turn."""
        (self._urgent if is_urgent else self._others).waiting.append(talk)

    def take(self, message: Message) -> bytes:
        """Take note of what the modem said; return what it is to be sent at once."""
        pending = self._pending
        if pending is None:
            if isinstance(message, Final):
                self._quiet_until_ns = 0
            return b""
        match message:
            case Final(error=error):
                self._unanswered = 0
                self._resume(pending, Reply(error=error, words=tuple(pending.words)))
            case Prompt() if pending.ask.body:
                return pending.ask.body.encode("ascii") + _END_OF_TEXT
            case Text(text=text) if not text.startswith("AT"):
                pending.words.append(text)
            case _:
                pass
        return b""

    def to_send(self, now_ns: int) -> bytes:
        """Return what is to be sent now: the next command, or what ends one that is not replied to."""
        gave_up = self._give_up(now_ns)
        if gave_up or self._pending or now_ns < self._quiet_until_ns:
            return gave_up
        for lane in (self._urgent, self._others):
            if found := lane.next():
                talk, ask = found
                until_ns = now_ns + round(ask.patience_s * _NS_PER_S)
                self._pending = _Pending(lane=lane, talk=talk, ask=ask, until_ns=until_ns)
                return at.command(ask.command)
        return b""

    def _give_up(self, now_ns: int) -> bytes:
        pending = self._pending
        if pending is None or now_ns < pending.until_ns:
            return b""
        self._unanswered += 1
        self._quiet_until_ns = now_ns + _LATE_NS
        self._resume(pending, Reply(error="none"))
        return _GIVE_UP if pending.ask.body else b""

    def _resume(self, pending: _Pending, reply: Reply) -> None:
        self._pending = None
        with contextlib.suppress(StopIteration):
            pending.lane.held = pending.talk, pending.talk.send(reply)
