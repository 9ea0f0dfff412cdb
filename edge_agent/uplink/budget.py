"""How many bytes of backlog may be under way, so that a live event never finds the line full (I7). Pure."""


class Budget:
    """Bytes of backlog under way, and how many may be."""

    def __init__(self, most_bytes: int) -> None:
        """Begin with nothing under way and the whole budget."""
        self._most = most_bytes
        self._under_way = 0

    @property
    def parcel_bytes(self) -> int:
        """How large a batch should be: half the budget, so that the next is on its way while the broker reads one."""
        return max(1, self._most // 2)

    def takes(self, size: int) -> bool:
        """Take so many bytes, if they fit; return whether. What is larger than the whole budget goes alone."""
        if self._under_way and self._under_way + size > self._most:
            return False
        self._under_way += size
        return True

    def acknowledged(self, size: int, *, took_ns: int) -> None:
        """Hear that so many bytes of backlog (0: a live event) have arrived, and how long that took."""
        self._under_way -= size

    def lost(self) -> None:
        """Hear that the connection broke: nothing is under way."""
        self._under_way = 0
