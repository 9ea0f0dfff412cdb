"""From rings to calls: each call is told once, by whom as far as the network says. Times are given; knows no modem.

A call begins with a ring, or with a caller's number without one. It ends when the modem says so, when we hung up, when
another number calls, or when nothing was heard of it for longer than telephones pause between two rings.
"""

from dataclasses import dataclass, replace

from drivers.wire import phone
from drivers.wire.at_message import CallEnded, CallerId, Message, Ring

_NS_PER_S = 1_000_000_000
SILENCE_NS = 8 * _NS_PER_S
"""Modems tell of a ring every 3 to 6 seconds."""
SAME_RING_NS = _NS_PER_S
"""Two words on a ring that close are about one ring."""
GRACE_NS = _NS_PER_S
"""How long after the second ring its number may still come."""
TAIL_NS = 1_500_000_000
"""After we hung up, a modem may still tell of the ring before. Nobody can have dialled again by then."""
_WITHHELD, _UNAVAILABLE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, as it is told."""

    id: int
    """Counts the calls of this line."""
    number: str
    """As `drivers.wire.phone` writes it; empty: not known."""
    how: str
    """`call`, or why there is no number: `call-withheld`, `call-unavailable`, `call-unreadable`, `call-unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ringing:
    id: int
    rung_ns: int
    """The last ring's."""
    heard_ns: int
    rings: int = 1
    told: Call | None = None


class Calls:
    """One telephone line."""

    def __init__(self) -> None:
        self._calls = 0
        self._ringing: _Ringing | None = None
        self._waiting: set[str] = set()
        self._hung_up_ns: int | None = None
        self._last_number = ""

    @property
    def is_ringing(self) -> bool:
        """Whether there is a call now."""
        return self._ringing is not None

    def rings(self, call: Call) -> bool:
        """Tell whether this call is still going on."""
        return self._ringing is not None and self._ringing.id == call.id

    def take(self, message: Message, now_ns: int) -> list[Call]:
        """Take note of what the modem said; return the calls that are told now, each exactly once."""
        told = self.tick(now_ns)
        match message:
            case Ring():
                told += self._ring(now_ns)
            case CallerId(is_waiting=True) if self._ringing:
                told += self._second(message)
            case CallerId():
                told += self._caller(message, now_ns)
            case CallEnded():
                told += self._end()
            case _:
                pass
        return told

    def tick(self, now_ns: int) -> list[Call]:
        """Return the calls that are told because time went by."""
        ringing = self._ringing
        if ringing is None:
            return []
        if now_ns - ringing.heard_ns > SILENCE_NS:
            return self._end()
        if ringing.told is None and ringing.rings > 1 and now_ns - ringing.rung_ns >= GRACE_NS:
            return self._tell(ringing, "", "call-unknown")
        return []

    def hung_up(self, now_ns: int) -> list[Call]:
        """Take note that we ended the call: modems do not say it once more."""
        number = self._ringing.told.number if self._ringing and self._ringing.told else ""
        told = self._end()
        self._hung_up_ns, self._last_number = now_ns, number
        return told

    def _ring(self, now_ns: int) -> list[Call]:
        if self._ringing is None:
            if not self._is_tail(now_ns):
                self._begin(now_ns)
            return []
        ringing = self._ringing
        if now_ns - ringing.rung_ns < SAME_RING_NS:
            return []
        self._ringing = replace(ringing, rings=ringing.rings + 1, rung_ns=now_ns, heard_ns=now_ns)
        return []

    def _caller(self, caller: CallerId, now_ns: int) -> list[Call]:
        number, how = _who(caller)
        if self._ringing is None and self._is_tail(now_ns) and number == self._last_number:
            return []
        told: list[Call] = []
        current = self._ringing
        if current and current.told and number and current.told.number not in {"", number}:
            told = self._end()
        ringing = self._ringing or self._begin(now_ns)
        self._ringing = ringing = replace(ringing, heard_ns=now_ns)
        if ringing.told is None and how:
            told += self._tell(ringing, number, how)
        return told

    def _second(self, caller: CallerId) -> list[Call]:
        # Told again with each of its tones: once is enough, until the line is quiet.
        number, how = _who(caller)
        is_told = self._ringing and self._ringing.told and self._ringing.told.number == number
        if number in self._waiting or is_told or not how:
            return []
        self._waiting.add(number)
        self._calls += 1
        return [Call(id=self._calls, number=number, how=how)]

    def _begin(self, now_ns: int) -> _Ringing:
        self._calls += 1
        self._ringing = _Ringing(id=self._calls, rung_ns=now_ns, heard_ns=now_ns)
        return self._ringing

    def _tell(self, ringing: _Ringing, number: str, how: str) -> list[Call]:
        call = Call(id=ringing.id, number=number, how=how)
        self._ringing = replace(ringing, told=call)
        return [call]

    def _end(self) -> list[Call]:
        ringing, self._ringing = self._ringing, None
        self._waiting.clear()
        self._hung_up_ns = None
        if ringing is None or ringing.told:
            return []
        return [Call(id=ringing.id, number="", how="call-unknown")]

    def _is_tail(self, now_ns: int) -> bool:
        return self._hung_up_ns is not None and now_ns - self._hung_up_ns < TAIL_NS


def _who(caller: CallerId) -> tuple[str, str]:
    """Return number and kind of call; no kind where the next ring may tell more."""
    if caller.validity == _WITHHELD:
        # Some networks show it all the same to those who may override: the caller did not want that.
        return "", "call-withheld"
    if not caller.number:
        return "", "call-unavailable" if caller.validity == _UNAVAILABLE else ""
    try:
        return phone.of_caller(caller.number, caller.kind), "call"
    except phone.NoNumber:
        return "", "call-unreadable"
