"""How many bytes of backlog may be under way, so that a live event never finds the line full (I7). Pure.

A live event waits behind what is under way. How long that is, every PUBACK tells: on a line that is not full it takes
as long as on an idle one. So the budget grows while it does, and shrinks when it takes half as long again.
"""

from edge_agent.core.touch import NS_PER_MS, NS_PER_S

START_BYTES, LEAST_BYTES = 16_000, 4_000
SLACK_NS = 50 * NS_PER_MS
"""A wait this short disturbs nobody, however quick the idle line is."""
WINDOW_NS = 30 * NS_PER_S
"""The quickest answer of this time, and of the same time before, is that of the idle line: lines change."""


class Budget:
    """Bytes of backlog under way on one connection, and how many may be."""

    def __init__(self, most_bytes: int) -> None:
        """Begin with nothing under way, and small: nothing is known of the line."""
        self._most = most_bytes
        self.lost()

    def lost(self) -> None:
        """Hear that the connection broke: nothing is under way, and the next line may be another."""
        self.bytes = min(START_BYTES, self._most)
        """What may be under way now."""
        self._under_way = 0
        self._is_starting = True
        self._next_ns = 0
        self._quickest: tuple[int | None, int | None] = (None, None)
        self._window_ns = 0

    @property
    def parcel_bytes(self) -> int:
        """How large a batch should be: half the budget, so that the next is on its way while the broker reads one."""
        return max(1, self.bytes // 2)

    def takes(self, size: int) -> bool:
        """Take so many bytes, if they fit; return whether. What is larger than the whole budget goes alone."""
        if self._under_way and self._under_way + size > self.bytes:
            return False
        self._under_way += size
        return True

    def acknowledged(self, size: int, *, took_ns: int, now_ns: int) -> None:
        """Hear that so many bytes of backlog (0: a live event, a birth message) have arrived, and in which time."""
        was_full = 2 * self._under_way > self.bytes
        self._under_way -= size
        idle_ns = self._idle(took_ns, now_ns)
        if now_ns < self._next_ns:
            return
        if took_ns > max(idle_ns * 3 // 2, idle_ns + SLACK_NS):
            self.bytes = max(min(LEAST_BYTES, self._most), self.bytes * 3 // 4)
            self._is_starting = False
        elif was_full:
            self.bytes = min(self._most, self.bytes * 3 // 2 if self._is_starting else self.bytes * 9 // 8)
        else:
            return
        self._next_ns = now_ns + took_ns  # only then the change shows

    def _idle(self, took_ns: int, now_ns: int) -> int:
        before, current = self._quickest
        if now_ns - self._window_ns >= WINDOW_NS:
            before, current, self._window_ns = current, None, now_ns
        current = took_ns if current is None else min(current, took_ns)
        self._quickest = (before, current)
        return current if before is None else min(before, current)
