"""One credential held to a reader is one sighting. Compares tokens and times; knows neither card nor clock."""

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


class InView:
    """What several may show at once: badges before a camera. Remembers a bounded number of them."""

    def __init__(self, *, reread_window_s: float = 1.5, most: int = 64) -> None:
        self._window_ns = round(reread_window_s * _NS_PER_S)
        self._most = most
        self._seen_ns: dict[bytes, int] = {}
        """The longest unseen first."""

    def is_in_view(self, token: bytes, now_ns: int) -> bool:
        """Tell whether the token was seen within the window; then it is seen now, and has not been away."""
        seen_ns = self._seen_ns.get(token)
        if seen_ns is None or now_ns - seen_ns > self._window_ns:
            return False
        self.saw(token, now_ns)
        return True

    def saw(self, token: bytes, now_ns: int) -> None:
        """Take note of a token that was told."""
        self._seen_ns.pop(token, None)
        self._seen_ns[token] = now_ns
        if len(self._seen_ns) > self._most:
            del self._seen_ns[next(iter(self._seen_ns))]
