"""How often a thing may happen: so many a second, and so many at once. Asks no clock."""

_NS_PER_S = 1_000_000_000


class Allowance:
    """A measure that fills again with time, up to the brim."""

    def __init__(self, *, per_s: float, at_once: float) -> None:
        self._per_ns = per_s / _NS_PER_S
        self._brim = self._left = at_once
        self._at_ns: int | None = None

    def take(self, now_ns: int, amount: float = 1.0) -> bool:
        """Take this much; False, with nothing taken, where that much is not left."""
        since_ns = 0 if self._at_ns is None else max(0, now_ns - self._at_ns)
        self._at_ns = now_ns
        self._left = min(self._brim, self._left + since_ns * self._per_ns)
        if amount > self._left:
            return False
        self._left -= amount
        return True
