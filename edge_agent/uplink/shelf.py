"""The spool as the uplink uses it: reads pages, keeps receipts, prunes. A disk that fails is told, never fatal."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from edge_agent.clock import Clock
from edge_agent.core.touch import NS_PER_MS, NS_PER_S
from edge_agent.core.wire import chain_hash
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.orders import Want, Withheld
from edge_agent.uplink.presence import Disk
from edge_agent.uplink.ranges import Ranges
from edge_agent.uplink.tombstone import Identity, tell_pruned, withhold
from spool.file import SpoolDamaged, SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Depth, Outbox
from spool.transaction import Entry, Signed

log = logging.getLogger(__name__)

KEEP_EVERY_NS = 200 * NS_PER_MS
"""A receipt not yet on disk costs at worst a second sending: it need not be synced each time."""
TRY_AGAIN_NS = NS_PER_S
PRUNE_EVERY_NS = 60 * NS_PER_S
PRUNE_ROWS = 200
DAY_NS = 86_400 * NS_PER_S


class Shelf:
    """One thread's view of the spool. Methods that fail leave `error` set until one works again."""

    def __init__(self, path: Path, *, gateway: str, journal: Journal, clock: Clock, retention_days: int) -> None:
        self.error = ""
        self.heard_utc_ns: int | None = None
        """When the last receipt came, if the clock could be believed."""
        self._path = path
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._retention_ns = retention_days * DAY_NS
        self._outbox: Outbox | None = None
        self._again_ns = 0
        self._kept: tuple[int, int] | None = None
        self._keep_ns = 0
        self._prune_ns = 0
        self._waiting: list[Withheld] = []
        self._missing = Ranges()

    def depth(self) -> Depth | None:
        """Return how much waits; None while the spool cannot be read."""
        with self._told():
            return self._open().depth()
        return None

    def disk(self) -> Disk:
        """Return how the disk stands."""
        return Disk(outlook=self._journal.room.outlook, is_refusing=self._journal.is_refusing)

    def last(self) -> int | None:
        """Return the newest event's number; None while the spool cannot be read."""
        with self._told():
            return self._open().last()
        return None

    def read(self, want: Want) -> Sequence[Entry] | None:
        """Return the page; None while the spool cannot be read."""
        with self._told():
            return self._open().after(want.after, limit=want.limit, upto=want.upto)
        return None

    def hash_at(self, seq: int) -> str:
        """Return the hash of the event under this number; empty where it is no longer kept, or cannot be read now."""
        with self._told():
            entry = self._open().entry(seq)
            return "" if entry is None else chain_hash(entry.body)
        return ""

    def newest(self) -> Entry | None:
        """Return the newest event; None if there is none, or the spool cannot be read."""
        with self._told():
            return self._open().entry(self._open().last())
        return None

    def signed(self) -> Signed | None:
        """Return the newest signature; None if there is none, or the spool cannot be read."""
        with self._told():
            return self._open().signed()
        return None

    def sign(self, signed: Signed) -> bool:
        """Keep a signature; return whether that worked."""
        with self._told():
            self._journal.sign(signed)
            return True
        return False

    def keep(self, courier: Courier) -> None:
        """Write down how far the receiver is and what will not come, now or a little later."""
        now_ns = self._clock.boot_ns()
        self._waiting += courier.take_withheld()
        for missing in courier.take_missing():
            self._missing.add(*missing)
        mark = (courier.tally.upto, courier.tally.generation)
        if now_ns < max(self._keep_ns, self._again_ns) or (mark == self._kept and not self._has_news):
            return
        self._keep_ns = now_ns + KEEP_EVERY_NS
        with self._told():
            self._withhold()
            self._tell_pruned()
            if mark != self._kept:
                self._journal.set_receipt(upto=mark[0], generation=mark[1], heard_utc_ns=self.heard_utc_ns)
                self._kept = mark

    def due_ns(self, courier: Courier) -> int | None:
        """Return when `keep` has something to write down; None if it has nothing."""
        mark = (courier.tally.upto, courier.tally.generation)
        return None if mark == self._kept and not self._has_news else max(self._keep_ns, self._again_ns)

    def flush(self, courier: Courier) -> None:
        """Write it down at once: the connection has ended."""
        self._keep_ns = 0
        self.keep(courier)

    def release(self, *, after: int) -> None:
        """Let what is behind this number be sent again. A failure is told, and mended by the next restart."""
        self._waiting = [held for held in self._waiting if held.seq <= after]
        with self._told():
            self._journal.release(after=after)

    def kept(self, depth: Depth) -> None:
        """Hear what the file says already."""
        self._kept = (depth.upto, depth.generation)
        self.heard_utc_ns = depth.heard_utc_ns

    def prune(self) -> None:
        """Forget a slice of what is receipted and old enough, if it is time and time can be told (I3)."""
        stamp = self._clock.stamp()
        if not stamp.is_dated or stamp.boot_ns < max(self._prune_ns, self._again_ns):
            return
        self._prune_ns = stamp.boot_ns + PRUNE_EVERY_NS
        with self._told():
            pruned = self._journal.prune(older_than_utc_ns=stamp.utc_ns - self._retention_ns, slice_rows=PRUNE_ROWS)
            if pruned == PRUNE_ROWS:
                self._prune_ns = stamp.boot_ns + KEEP_EVERY_NS

    def close(self) -> None:
        """Close the view."""
        if self._outbox is not None:
            self._outbox.close()
            self._outbox = None

    @property
    def _has_news(self) -> bool:
        return bool(self._waiting or self._missing)

    def _withhold(self) -> None:
        while self._waiting:
            held = self._waiting[0]
            if held.code == "schema" or held.is_refused:
                self._journal.quarantine(held.seq, code=held.code, detail=held.detail)
            else:
                tombstone = partial(withhold, seq=held.seq, code=held.code, detail=held.detail, **self._who())
                self._journal.write(tombstone)
            log.warning("event withheld", extra={"seq": held.seq, "code": held.code, "detail": held.detail})
            del self._waiting[0]

    def _tell_pruned(self) -> None:
        for missing in self._missing:
            for first, last in self._journal.write(partial(tell_pruned, missing=missing, **self._who())):
                log.warning("receiver asks for what is no longer kept", extra={"first": first, "last": last})
            self._missing.discard(*missing)

    def _who(self) -> Identity:
        return {"gateway": self._gateway, "epoch": self._journal.epoch, "at": self._clock.stamp()}

    def _open(self) -> Outbox:
        if self._outbox is None:
            if self._clock.boot_ns() < self._again_ns:
                raise SpoolUnavailable(self.error)
            self._outbox = Outbox(self._path)
        return self._outbox

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SpoolUnavailable as exc:
            if not self.error:
                log.error("uplink cannot use the spool", extra={"error": str(exc)})  # noqa: TRY400 - said, not traced
            self.error = str(exc)
            self._journal.is_damaged |= isinstance(exc, SpoolDamaged)
            now_ns = self._clock.boot_ns()
            if now_ns >= self._again_ns:  # else we were only told to wait: each look of a busy gate would put it off
                self._again_ns = now_ns + TRY_AGAIN_NS
            self.close()
        else:
            if self.error:
                log.info("uplink uses the spool again")
            self.error = ""
