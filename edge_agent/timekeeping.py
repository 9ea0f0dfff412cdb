"""Keep what each boot learns of the time, and correct the touches that had to be recorded without. Holds up no touch.

A correction and the note that its touch waits for one share a transaction: each touch is corrected exactly once,
whatever crashes. The events of the past, and what was decided then, are never changed.
"""

import logging
from functools import partial
from itertools import groupby

from edge_agent.chain import append
from edge_agent.clock import WRITTEN_UTC_NS, Clock
from edge_agent.core.calendar import rfc3339
from edge_agent.core.dating import Between, Exact, Past, as_word, best, earliest_ns, is_needed, sure_day
from edge_agent.core.events import CorrectedData
from edge_agent.core.touch import NS_PER_S, Anchor, Stamp
from edge_agent.ledger.time import (
    Undated,
    anchors,
    drop_pruned,
    drop_undated,
    keep_anchor,
    keep_boot,
    last_anchored,
    past,
    settle_boots,
    undated,
)
from edge_agent.ledger.waiting import redate
from spool.journal import Journal
from spool.transaction import Transaction

log = logging.getLogger(__name__)

SIGN_NS = 600 * NS_PER_S
"""How often it is written down that this boot lives, and what time it is: the tighter the next one is bracketed."""
SLICE_TOUCHES = 100
"""Corrected in one transaction: about as long as two touches more for whoever waits behind it."""
PRUNED_AT_ONCE = 1_000


class Timekeeping:
    """The box's memory of time. `beat` is called by one thread, the rest by any."""

    def __init__(self, *, journal: Journal, clock: Clock, gateway: str, cut_off_min: int) -> None:
        self._journal = journal
        self._clock = clock
        self._gateway = gateway
        self._cut_off_min = cut_off_min
        self._signed: Stamp | None = None
        self._known_utc_ns = WRITTEN_UTC_NS

    @property
    def known_utc_ns(self) -> int:
        """The last time that is known for certain: it is later now, whatever the clock says."""
        return self._known_utc_ns

    def beat(self) -> int:
        """
        Write down what is new about the time; correct a slice of the touches that can be dated by now.

        Called every few seconds, and once before the first touch: then the clock learns again what it knew before the
        agent was restarted.

        Returns:
            How many corrections were written.

        Raises:
            SpoolUnavailable: The disk refuses; nothing is half done.

        """
        now = self._clock.stamp()
        if self._is_due(now):
            self._remember(now)
        corrected = self._journal.write(partial(self._correct, now=now))
        if corrected:
            log.info("touches dated", extra={"touches": corrected})
        return corrected

    def _is_due(self, now: Stamp) -> bool:
        last = self._signed
        if last is None or last.boot != now.boot or now.trust.rank > last.trust.rank:
            return True
        return now.boot_ns - last.boot_ns >= SIGN_NS

    def _remember(self, now: Stamp) -> None:
        words, self._known_utc_ns = self._journal.write(partial(self._sign, now=now))
        for word in words:
            self._clock.offer(word)
        self._signed = now

    def _sign(self, tx: Transaction, *, now: Stamp) -> tuple[tuple[Anchor, ...], int]:
        boot = keep_boot(tx, now.boot, boot_ns=now.boot_ns)
        settle_boots(tx, before=boot)
        words, word = anchors(tx, boot), as_word(now)
        if word and best((word, *words), now.boot_ns) is word:
            keep_anchor(tx, boot, word)
        drop_pruned(tx, epoch=self._journal.epoch, limit=PRUNED_AT_ONCE)
        return words, _known_utc_ns(tx)

    def _correct(self, tx: Transaction, *, now: Stamp) -> int:
        upto_boot = last_anchored(tx)
        if upto_boot is None:
            return 0
        corrected = 0
        waiting = undated(tx, upto_boot=upto_boot, limit=SLICE_TOUCHES)
        for boot, touches in groupby(waiting, key=lambda touch: touch.boot):
            around = past(tx, boot)
            for touch in touches:
                corrected += self._settle(tx, touch, around, now=now)
        return corrected

    def _settle(self, tx: Transaction, touch: Undated, around: Past, *, now: Stamp) -> bool:
        """Correct this touch, if it needs it; either way it waits no longer. Return whether it was corrected."""
        drop_undated(tx, touch)
        when = around.when(touch.boot_ns)
        if not is_needed(when, touch.rtc_utc_ns):
            return False
        day = self._day(touch, around)
        append(
            tx,
            lambda seq, prev: self._data(touch, when, day, seq=seq, prev=prev),
            gateway=self._gateway,
            epoch=self._journal.epoch,
            at=now,
        )
        at_ns = when.at_ns if isinstance(when, Exact) else None
        redate(tx, epoch=touch.epoch, seq=touch.seq, utc_ns=at_ns, day=day)
        at_the_latest = when.at_ns if isinstance(when, Exact) else when.not_after_ns
        if touch.epoch == self._journal.epoch and at_the_latest is not None:
            tx.redate(touch.seq, recorded_utc_ns=at_the_latest)
        return True

    def _day(self, touch: Undated, around: Past) -> str | None:
        if touch.day is not None or touch.day_ns is None:
            return touch.day
        day = sure_day(around.when(touch.day_ns), cut_off_min=self._cut_off_min)
        return day.isoformat() if day else None

    def _data(self, touch: Undated, when: Exact | Between, day: str | None, *, seq: int, prev: str) -> CorrectedData:
        exact = when if isinstance(when, Exact) else None
        between = when if isinstance(when, Between) else None
        return CorrectedData(
            epoch=self._journal.epoch,
            seq=seq,
            prev=prev,
            corrects=touch.seq,
            corrects_epoch=None if touch.epoch == self._journal.epoch else touch.epoch,
            why="clock",
            quality="exact" if exact else "bracketed",
            at=_text(exact.at_ns if exact else None),
            err_ms=exact.err_ms if exact else None,
            not_before=_text(between.not_before_ns if between else None),
            not_after=_text(between.not_after_ns if between else None),
            day=day,
            clock=when.trust.value,
        )


def _known_utc_ns(tx: Transaction) -> int:
    number = last_anchored(tx)
    if number is None:
        return WRITTEN_UTC_NS
    boot = past(tx, number).boot
    word = best(boot.words, boot.seen_ns)
    return WRITTEN_UTC_NS if word is None else max(WRITTEN_UTC_NS, earliest_ns(word, boot.seen_ns))


def _text(utc_ns: int | None) -> str | None:
    return None if utc_ns is None else rfc3339(utc_ns)
