"""Decide what to send next. Touches no socket, no disk, no clock.

Theory of operation. There are two lanes. An event appended while the connection stands is live: it travels alone, at
once, before anything else (I7). Everything else is backlog: it travels in deflated batches, never more bytes under way
than the budget, so that a live event never finds the line full. Which events are backlog is in the `Tally`.
"""

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Literal

from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_MS, NS_PER_S
from edge_agent.uplink.budget import Budget
from edge_agent.uplink.orders import Leaf, Send, Want, Withheld
from edge_agent.uplink.parcel import Packer, Parcel
from edge_agent.uplink.ranges import Range, Ranges
from edge_agent.uplink.reasons import FAILED
from edge_agent.uplink.suspicion import Suspicion, suspect
from edge_agent.uplink.tally import Tally
from spool.transaction import Entry

PAGE_EVENTS = 2_000
LIVE_EVENTS = 50
"""When more live events wait than this, the line is slower than the gate: they join the backlog."""
HARD_PAYLOAD_BYTES = 90_000
"""A single event larger than this fits no broker: it is withheld for good."""
REFUSED_WAIT_NS = 300 * NS_PER_S
PUBACK_PATIENCE_NS = 60 * NS_PER_S
"""A broker that has not acknowledged a message for this long is left: half a line is none."""
KNOWN_NACKS = 256


class Courier:
    """What this gateway has under way and sends next. One thread; all times are nanoseconds of the boot clock."""

    def __init__(self, tally: Tally, *, last: int, backlog_bytes: int, batch_events: int) -> None:
        """Begin without a connection; `last` is the newest event's number."""
        self.tally = tally
        self.last = last
        self.refused: dict[Leaf, int] = {}
        """The broker's reason code for a lane, while it refuses that lane's messages."""
        self.too_large: int | None = None
        """An event this broker is too small for; it waits for another connection."""
        self.broken_at: int | None = None
        """An event that does not follow the one before, says the receiver. It has it all the same."""
        self._budget = Budget(backlog_bytes)
        self._batch_events = batch_events
        self._packer = Packer(batch_events=batch_events)
        self._ready: Parcel | None = None
        self._live: deque[Entry] = deque()
        self._live_after = last
        self._later: list[int] = []
        self._flights: dict[int, Send] = {}
        self._count = 0
        self._withheld: list[Withheld] = []
        self._missing = Ranges()
        self._released_after: int | None = None
        self._nacked: deque[int] = deque(maxlen=KNOWN_NACKS)
        self._suspicion: Suspicion | None = None
        self._is_connected = False
        self._payload_bytes = 0
        self._reserve = 0
        self._hold_until_ns = 0
        self._pause_until_ns = 0
        self._refused_until_ns: dict[Leaf, int] = {"touch": 0, "batchz": 0}

    # ---------------------------------------------------------------- the connection

    def connected(self, now_ns: int, *, last: int, payload_bytes: int, receive_maximum: int, hold_ns: int = 0) -> None:
        """
        Begin on a new connection: everything up to `last` is backlog, everything after it is live.

        Args:
            now_ns: Now.
            last: The newest event's number.
            payload_bytes: The largest payload this broker takes.
            receive_maximum: Messages it allows under way; one place is kept free for the live lane.
            hold_ns: How long the backlog waits for a receipt, so that nothing is sent in vain.

        """
        self._is_connected = True
        self._fold(last)
        for seq in self._later:
            self.tally.add(seq, seq)
        self._later.clear()
        self.tally.resume(now_ns)
        self._payload_bytes = payload_bytes
        self._reserve = 1 if receive_maximum > 1 else 0
        self._hold_until_ns = now_ns + hold_ns
        self.too_large = None

    def no_receipt_before(self, until_ns: int) -> None:
        """Hear that a retained receipt would be here by then: the backlog waits no longer for one."""
        self._hold_until_ns = min(self._hold_until_ns, until_ns)

    def disconnected(self, *, is_reaction: bool) -> None:
        """
        Take back what was in flight.

        Args:
            is_reaction: The broker ended a connection that had worked: perhaps over what we sent.

        """
        self._is_connected = False
        flights, self._flights = self._flights, {}
        self._budget.lost()
        self._live.clear()
        self._ready = None
        for send in flights.values():
            self.tally.add(send.first, send.last)
        self.tally.lost()
        if is_reaction and flights:
            self._blame(next(iter(flights.values())))

    # ---------------------------------------------------------------- the spool

    def appended(self, last: int) -> None:
        """Hear of the newest event's number."""
        self.last = max(self.last, last)
        if self.last - self._live_after > LIVE_EVENTS:
            self._fold(self.last)

    def wants(self, now_ns: int) -> Want | None:
        """Return what to read next; None if nothing is needed now. Asked before each `next`."""
        if not self._is_connected or self.tally.is_forked:
            return None
        self.tally.lose_patience(now_ns)
        if not self._live and self.last > self._live_after:
            return Want(after=self._live_after, limit=LIVE_EVENTS, upto=self.last, is_live=True)
        run = self.tally.todo.first_run
        if run is None or not self._may_send_backlog(now_ns) or self._packer.has(*run):
            return None
        return Want(after=run[0] - 1, limit=PAGE_EVENTS, upto=run[1], is_live=False)

    def give(self, want: Want, entries: Sequence[Entry]) -> None:
        """Take what the spool has of it. What it has not is in quarantine, or no longer kept: it cannot be sent."""
        if want.is_live:
            self._live.extend(entries)
            if not entries:
                self._forget_missing([self._live_after, want.upto + 1])
                self._live_after = want.upto
            return
        self._packer.load(entries)
        covered = entries[-1].seq if len(entries) == want.limit else want.upto
        if len(entries) < covered - want.after:
            self._forget_missing([want.after, *(entry.seq for entry in entries), covered + 1])

    # ---------------------------------------------------------------- the line

    def next(self, now_ns: int, *, slots: int) -> Send | None:
        """
        Return the next message to publish; None if there is none now. It counts as in flight from here on.

        Args:
            now_ns: Now.
            slots: How many messages the broker still allows under way.

        """
        if not self._is_connected or self.tally.is_forked or slots <= 0:
            return None
        # Rule: under suspicion one message at a time, or the wrong one is blamed.
        if self._suspects() and self._flights:
            return None
        return self._next_live(now_ns) or (self._next_backlog(now_ns) if slots > self._reserve else None)

    def published(self, number: int, code: int, now_ns: int) -> None:
        """Hear the broker's PUBACK. It proves that the broker read the message, no more."""
        send = self._flights.pop(number, None)
        if send is None:
            return
        size = 0 if send.is_live else len(send.payload)
        self._budget.acknowledged(size, took_ns=now_ns - send.sent_ns, now_ns=now_ns)
        if code >= FAILED:
            self.refused[send.leaf] = code
            self._refused_until_ns[send.leaf] = now_ns + REFUSED_WAIT_NS
            self.tally.add(send.first, send.last)
            self.tally.lost()
            return
        self.refused.pop(send.leaf, None)
        if self._suspicion:
            self._suspicion = self._suspicion.cleared(send.last)
        self.tally.acknowledged(send.first, send.last, now_ns)

    def answered(self, sent_ns: int, now_ns: int) -> None:
        """Hear the PUBACK of a message that is no event: it tells how quick the line is."""
        self._budget.acknowledged(0, took_ns=now_ns - sent_ns, now_ns=now_ns)

    def receipt(self, receipt: Receipt, now_ns: int, *, is_fresh: bool = False, own_head: str = "") -> None:
        """
        Hear what the receiver has committed. An old or foreign receipt changes nothing.

        Args:
            receipt: Its word.
            now_ns: Now.
            is_fresh: The receiver said it just now; not the broker, from memory.
            own_head: The hash of our own event at `upto`; empty where it is no longer kept.

        """
        self._hold_until_ns = min(self._hold_until_ns, now_ns)
        before = (self.tally.generation, self.tally.upto)
        is_news = self.tally.heard(
            receipt, newest=self.last, handed=self._live_after, now_ns=now_ns, is_fresh=is_fresh, own_head=own_head
        )
        if not is_news:
            return
        if before[0] < receipt.gen and before != (0, 0):
            self._nacked.clear()
            self._withheld = [held for held in self._withheld if held.seq <= receipt.upto]
            self._released_after = receipt.upto
        # What is under way is neither to be sent again nor known to be there.
        for send in self._flights.values():
            self.tally.todo.discard(send.first, send.last)
        for nack in receipt.nack:
            if nack.code == "chain":
                self.broken_at = nack.seq
            elif nack.code != "fork" and nack.seq <= self.last and nack.seq not in self._nacked:
                self._nacked.append(nack.seq)
                self._withheld.append(Withheld(nack.seq, nack.code, nack.detail, is_refused=True))
        self._pause_until_ns = now_ns + receipt.pause_ms * NS_PER_MS

    # ---------------------------------------------------------------- what the link asks

    def take_withheld(self) -> list[Withheld]:
        """Return, once, the events for the quarantine."""
        taken, self._withheld = self._withheld, []
        return taken

    def take_missing(self) -> list[Range]:
        """Return, once, the numbers that were to be sent and are not in the spool: in quarantine, or pruned."""
        taken = list(self._missing)
        self._missing.clear()
        return taken

    def take_released(self) -> int | None:
        """Return, once, behind which number nothing is withheld any more: a restored receiver forgot its refusals."""
        taken, self._released_after = self._released_after, None
        return taken

    @property
    def in_flight(self) -> int:
        """Messages without a PUBACK."""
        return len(self._flights)

    def is_unanswered(self, now_ns: int) -> bool:
        """Tell whether a message has been without a PUBACK for so long that another connection is better."""
        oldest = next(iter(self._flights.values()), None)
        return oldest is not None and now_ns - oldest.sent_ns >= PUBACK_PATIENCE_NS

    @property
    def is_suspecting(self) -> bool:
        """Whether the broker may end its connections over one of our events."""
        return self._suspicion is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way and nothing is to be sent."""
        return not self._flights and not self.tally.todo and self.last == self._live_after

    def due_ns(self, now_ns: int) -> int | None:
        """Return when to ask again, if nothing happens before; None if only an event can change anything."""
        times = (
            self._hold_until_ns,
            self._pause_until_ns,
            *self._refused_until_ns.values(),
            self.tally.overdue_ns() or 0,
        )
        return min((time for time in times if time > now_ns), default=None)

    # ---------------------------------------------------------------- inside

    def _fold(self, last: int) -> None:
        self.last = max(self.last, last)
        self.tally.add(self._live_after + 1, self.last)
        self._live_after = self.last
        self._live.clear()

    def _next_live(self, now_ns: int) -> Send | None:
        if now_ns < self._refused_until_ns["touch"]:
            return None
        while self._live:
            entry = self._live.popleft()
            self._forget_missing([self._live_after, entry.seq])
            self._live_after = entry.seq
            if len(entry.body) <= self._payload_bytes:
                return self._depart("touch", Parcel(entry.body, entry.seq, entry.seq, 1), now_ns)
            self.tally.add(entry.seq, entry.seq)  # deflated it may fit
        return None

    def _next_backlog(self, now_ns: int) -> Send | None:
        if not self._may_send_backlog(now_ns):
            return None
        parcel = self._packed()
        if parcel is None:
            return None
        if not self._budget.takes(len(parcel.payload)):
            return None
        self._ready = None
        self.tally.took(parcel.first, parcel.last)
        return self._depart("batchz", parcel, now_ns)

    def _may_send_backlog(self, now_ns: int) -> bool:
        wait_until_ns = max(self._hold_until_ns, self._pause_until_ns, self._refused_until_ns["batchz"])
        return now_ns >= wait_until_ns and not self.tally.is_probing(in_flight=bool(self._flights))

    def _packed(self) -> Parcel | None:
        """Return the next batch. One that did not fit into the budget is kept: packing costs more than sending."""
        while (run := self.tally.todo.first_run) is not None:
            first, last = run
            if self._ready and first == self._ready.first and self._ready.last <= last:
                return self._ready
            limit = self._batch_events
            if self._suspicion and self._suspicion.covers(first):
                limit, last = self._suspicion.size, min(last, self._suspicion.last)
            target = min(self._payload_bytes, self._budget.parcel_bytes)
            self._ready = self._packer.pack(first, last, limit=limit, target_bytes=target)
            if self._ready is None or len(self._ready.payload) <= self._payload_bytes:
                return self._ready
            self._hold_back(self._ready)
        return None

    def _hold_back(self, parcel: Parcel) -> None:
        """Put aside a single event that is too large for this broker, or for any."""
        self._ready = None
        self.tally.todo.discard(parcel.first, parcel.last)
        if len(parcel.payload) > HARD_PAYLOAD_BYTES:
            self._withhold(parcel.first, "oversize", f"{len(parcel.payload)} bytes deflated")
        else:
            self.too_large = parcel.first
            self._later.append(parcel.first)

    def _withhold(self, seq: int, code: Literal["poison", "oversize"], detail: str) -> None:
        self.tally.forget(seq, seq)
        self._withheld.append(Withheld(seq, code, detail))

    def _depart(self, leaf: Leaf, parcel: Parcel, now_ns: int) -> Send:
        self._count += 1
        send = Send(
            number=self._count,
            leaf=leaf,
            payload=parcel.payload,
            first=parcel.first,
            last=parcel.last,
            count=parcel.count,
            sent_ns=now_ns,
        )
        self._flights[send.number] = send
        return send

    def _suspects(self) -> bool:
        if self._suspicion and not self._flights:
            suspicion = self._suspicion
            if suspicion.first <= self._live_after and not self.tally.todo.overlaps(suspicion.first, suspicion.last):
                self._suspicion = None  # the receiver has them after all
        return self._suspicion is not None

    def _blame(self, head: Send) -> None:
        before = self._suspicion
        self._suspicion = (before.struck if before else suspect)(head.first, head.last, head.count)
        if self._suspicion.is_certain:
            self._suspicion = None
            self._withhold(head.first, "poison", "the broker ended the connection over it, again and again")

    def _forget_missing(self, seqs: Sequence[int]) -> None:
        for before, seq in itertools.pairwise(seqs):
            if seq - before > 1:
                self.tally.forget(before + 1, seq - 1)
                self._missing.add(before + 1, seq - 1)
