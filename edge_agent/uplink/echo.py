"""The receiver's answer to a birth message tells what time it is. Pure; believes nothing, only measures."""

from datetime import UTC, datetime, timedelta

from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Anchor, Stamp, Trust

LONGEST_NS = 10 * NS_PER_S
"""An answer that took longer tells the time too roughly."""
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class Echo:
    """One question at a time: when the birth message was said."""

    def __init__(self) -> None:
        self._asked: Stamp | None = None

    def asked(self, stamp: Stamp) -> int:
        """Hear that a birth message is said now; return what the receiver is to echo."""
        self._asked = stamp
        return stamp.boot_ns // NS_PER_MS

    def answered(self, receipt: Receipt, now: Stamp) -> Anchor | None:
        """
        Return the receiver's word on the time; None where this receipt is no answer, or a slow one.

        The receiver wrote it somewhere between the question and now: in the middle, give or take half of that.
        """
        asked = self._asked
        if asked is None or receipt.echo_ms != asked.boot_ns // NS_PER_MS or asked.boot != now.boot:
            return None
        self._asked = None  # a receipt repeated later tells the same, worse
        took_ns = now.boot_ns - asked.boot_ns
        utc_ns = _utc_ns(receipt.t)
        if utc_ns is None or took_ns >= LONGEST_NS:
            return None
        return Anchor(
            boot=now.boot,
            boot_ns=asked.boot_ns + took_ns // 2,
            utc_ns=utc_ns,
            trust=Trust.SERVER,
            err_ms=took_ns // 2 // NS_PER_MS + 1,
        )


def _utc_ns(text: str) -> int | None:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    if told.tzinfo is None:
        return None
    return (told - _1970) // timedelta(microseconds=1) * 1000
