"""Who is owed a receipt, and when: at most one in a while for each gateway, and never none. Pure; sends nothing."""

from edge_agent.receiver.unpack import Stream


class Owed:
    """Receipts to be published. All times are nanoseconds of one clock that never jumps."""

    def __init__(self, *, every_ns: int) -> None:
        """Begin with nothing owed; `every_ns` is the least distance of two receipts to one gateway."""
        self._every_ns = every_ns
        self._streams: dict[Stream, None] = {}
        self._again_ns: dict[str, int] = {}

    def owe(self, stream: Stream) -> None:
        """Note that something was committed: until it is taken, one receipt will tell it all."""
        self._streams[stream] = None

    def take(self, now_ns: int, *, limit: int) -> list[Stream]:
        """Return those whose time has come, oldest first, at most `limit`. They are owed no longer."""
        self._again_ns = {gateway: again_ns for gateway, again_ns in self._again_ns.items() if again_ns > now_ns}
        taken: list[Stream] = []
        for stream in self._streams:
            if len(taken) >= limit:
                break
            if stream.gateway not in self._again_ns:
                self._again_ns[stream.gateway] = now_ns + self._every_ns
                taken.append(stream)
        for stream in taken:
            del self._streams[stream]
        return taken

    def hurry(self) -> None:
        """Let everything that is owed be due now: there will be no later."""
        self._again_ns.clear()

    def due_ns(self) -> int | None:
        """Return when the next is due, a time in the past for now; None if nothing is owed."""
        return min((self._again_ns.get(stream.gateway, 0) for stream in self._streams), default=None)
