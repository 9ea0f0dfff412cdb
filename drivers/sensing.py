"""One card held to a reader is one sighting. Compares tokens and times it is given; knows neither card nor clock."""

_NS_PER_S = 1_000_000_000


class Sensing:
    """What rests on one reader, or last did."""

    def __init__(self, *, reread_window_s: float = 1.5) -> None:
        self._window_ns = round(reread_window_s * _NS_PER_S)
        self._token: bytes | None = None
        self._left_ns: int | None = None

    def is_new(self, token: bytes, now_ns: int) -> bool:
        """
        Take note of a token that was read, and tell whether that is a new sighting.

        The same token is none while it stays, nor when it is back within the window: a card in a wallet drops out of
        the field and returns. Another token always is.
        """
        is_back = self._left_ns is None or now_ns - self._left_ns <= self._window_ns
        is_known = token == self._token and is_back
        self._token, self._left_ns = token, None
        return not is_known

    def left(self, now_ns: int) -> None:
        """Take note that the reader is empty, or away."""
        if self._left_ns is None:
            self._left_ns = now_ns
