"""The answer to a call as a short message: which, to whom, and how many at most. Each costs money. Sends nothing.

What was sent is counted while the agent runs: a restart begins anew.
"""

from collections import deque
from dataclasses import dataclass

from drivers.contract import AnswerKind
from drivers.wire import phone

_NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * _NS_PER_S
PER_NUMBER_NS = 600 * _NS_PER_S
"""Who calls again within this time has an answer already."""
PER_NUMBER_A_DAY = 4
"""In, out, and one mistake each."""
WAITING_MAX = 8
"""At most so many wait for the modem; who calls in a greater rush gets none."""
STALE_NS = 300 * _NS_PER_S
"""Nobody wonders any more."""

_WORDS = {
    AnswerKind.ENTERED: ("入場", "Entry"),
    AnswerKind.LEFT: ("退場", "Exit"),
    AnswerKind.TAPPED: ("", ""),
    AnswerKind.PENDING: ("", ""),
}
"""Japanese and English. Only what is on disk is answered; a repeat has been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """One answer on its way."""

    number: str
    text: str
    wanted_ns: int


class PhoneAnswers:
    """The answers of one line."""

    def __init__(self, *, a_day: int) -> None:
        """At most `a_day` of them in any 24 hours."""
        self._a_day = a_day
        self._sent: deque[tuple[int, str]] = deque()
        self._waiting: deque[ShortMessage] = deque()
        self.failed = 0
        """How many the network or the modem did not take."""

    def want(self, number: str, kind: AnswerKind, clock: str, now_ns: int) -> bool:
        """
        Have the caller answered; return whether that will be tried.

        Args:
            number: Who called.
            kind: What became of the call.
            clock: The time of day as it is written; empty where it is not known.
            now_ns: CLOCK_BOOTTIME.

        """
        words = _WORDS.get(kind)
        if words is None or not phone.can_read(number) or not self._may(number, now_ns):
            return False
        self._sent.append((now_ns, number))
        self._waiting.append(ShortMessage(number=number, text=_text(words, clock), wanted_ns=now_ns))
        return True

    def next(self, now_ns: int) -> ShortMessage | None:
        """Return what is to be sent now; one that waited too long is dropped."""
        while self._waiting:
            message = self._waiting.popleft()
            if now_ns - message.wanted_ns < STALE_NS:
                return message
            self.failed += 1
        return None

    def _may(self, number: str, now_ns: int) -> bool:
        while self._sent and now_ns - self._sent[0][0] >= DAY_NS:
            self._sent.popleft()
        to_them = [at_ns for at_ns, whose in self._sent if whose == number]
        is_early = bool(to_them) and now_ns - to_them[-1] < PER_NUMBER_NS
        is_full = len(self._sent) >= self._a_day or len(self._waiting) >= WAITING_MAX
        return not (is_early or is_full or len(to_them) >= PER_NUMBER_A_DAY)


def _text(words: tuple[str, str], clock: str) -> str:
    japanese = " ".join(part for part in (words[0], clock, "きろくしました") if part)
    english = " ".join(part for part in (words[1], clock, "recorded") if part)
    return f"{japanese} / {english[0].upper()}{english[1:]}"
