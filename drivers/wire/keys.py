"""Lines out of the key events of a reader that plays a keyboard. Opens no device.

The reader must be set to the US layout (its handbook has a bar code or a setting for that); what stands on a Japanese
keyboard at the same place is another character.
"""

import struct
from itertools import chain

from drivers.wire.framing import FRAME_MAX

# struct input_event of <linux/input.h>: two longs of time, type, code, value. On 32 bits the kernel keeps it at 16
# bytes also where time_t has 64 (__kernel_ulong_t there), so the C type long is right everywhere.
EVENT = struct.Struct("@llHHi")
EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
_UP, _DOWN = 0, 1
ENDS = {28, 96, 15}
"""Enter, the keypad's Enter, Tab."""
SHIFTS = {42, 54}
_LOCKS = {58, 69, 70}
"""Caps, Num and Scroll Lock: some readers press them around a line, and with the keyboard ours nothing is locked."""
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
PLAIN = dict(chain.from_iterable(enumerate(plain, first) for first, plain, _ in _ROWS))
SHIFTED = dict(chain.from_iterable(enumerate(shifted, first) for first, _, shifted in _ROWS))


class Keys:
    """The lines of one keyboard, as its events come."""

    def __init__(self) -> None:
        self.refused = 0
        """How many lines were dropped: torn, too long, or with a key that is no character."""
        self.reset()

    @property
    def held(self) -> int:
        """How many characters and bytes wait for more."""
        return len(self._line) + len(self._rest)

    def reset(self) -> None:
        """Forget what has begun: the keyboard was away."""
        self._rest = b""
        self._line = ""
        self._is_spoilt = self._is_skipping = False
        self._shifts: set[int] = set()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes of events; return the lines that ended with them. An empty line is none."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        events = EVENT.iter_unpack(data[:whole])
        return [line.encode() for _, _, kind, code, value in events if (line := self._take(kind, code, value))]

    def silence(self) -> list[bytes]:
        """Take note that nothing came for a while: a line without an end is none. Returns nothing, ever."""
        self.refused += bool(self._line or self._is_spoilt)
        self._line, self._is_spoilt = "", False
        return []

    def _take(self, kind: int, code: int, value: int) -> str:
        if kind == EV_SYN:
            self._synchronise(code)
        elif kind == EV_KEY and not self._is_skipping:
            return self._key(code, value)
        return ""

    def _synchronise(self, code: int) -> None:
        # The kernel's buffer ran over: what comes up to the next report is to be ignored (evdev protocol).
        if code == SYN_DROPPED:
            self._is_spoilt = self._is_skipping = True
            self._shifts.clear()
        elif code == SYN_REPORT:
            self._is_skipping = False

    def _key(self, code: int, value: int) -> str:
        if code in SHIFTS:
            (self._shifts.discard if value == _UP else self._shifts.add)(code)
        elif value == _DOWN and code in ENDS:
            return self._ended()
        elif value == _DOWN and code not in _LOCKS:
            self._typed((SHIFTED if self._shifts else PLAIN).get(code, ""))
        return ""

    def _typed(self, character: str) -> None:
        # A wrong number is worse than none: a key that is no character spoils the line.
        self._is_spoilt = self._is_spoilt or not character or len(self._line) >= FRAME_MAX
        self._line = "" if self._is_spoilt else self._line + character

    def _ended(self) -> str:
        line = "" if self._is_spoilt else self._line
        self.refused += self._is_spoilt
        self._line, self._is_spoilt = "", False
        return line
