"""What is known of the time: boots, anchors, and touches that wait for theirs. Keeps it; judges nothing."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from edge_agent.core.dating import Boot, Past
from edge_agent.core.touch import Anchor, Stamp, Trust
from spool.file import SpoolUnavailable, open_reader
from spool.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Undated:
    """A touch that waits for its time."""

    epoch: str
    seq: int
    boot: int
    """The boot's number."""
    boot_ns: int
    rtc_utc_ns: int | None
    """What a battery's clock said; None if there was none."""
    day_ns: int | None
    """The moment of the same boot that tells the site day: its own, or that of the entry; None if none does."""
    day: str | None
    """The site day, where it is known all the same."""


def note_undated(tx: Transaction, seq: int, *, epoch: str, at: Stamp, day_ns: int | None, day: str | None) -> None:
    """Note that this touch waits for its time."""
    rtc_utc_ns = at.utc_ns if at.is_dated else None
    values = (epoch, seq, at.boot_ns, rtc_utc_ns, day_ns, day, at.boot)
    if not tx.execute(_NOTE, values).rowcount:
        keep_boot(tx, at.boot, boot_ns=at.boot_ns)
        tx.execute(_NOTE, values)


def keep_boot(tx: Transaction, name: str, *, boot_ns: int) -> int:
    """Keep that this boot was seen at this moment; return its number."""
    tx.execute(
        "INSERT INTO boot (name, began_ns, seen_ns) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET seen_ns = max(seen_ns, excluded.seen_ns)",
        (name, boot_ns, boot_ns),
    )
    return int(tx.execute("SELECT no FROM boot WHERE name = ?", (name,)).fetchone()[0])


def settle_boots(tx: Transaction, *, before: int) -> None:
    """Let the boot before this one have been seen at its last undated touch: that may be later than its last sign."""
    tx.execute(
        "UPDATE boot SET seen_ns = max(seen_ns, coalesce((SELECT max(boot_ns) FROM undated WHERE boot = no), 0))"
        " WHERE no = (SELECT max(no) FROM boot WHERE no < ?)",
        (before,),
    )


def anchors(tx: Transaction, boot: int) -> tuple[Anchor, ...]:
    """Return what is known of the time in this boot."""
    return _words(tx, boot, boot).get(boot, ())


def keep_anchor(tx: Transaction, boot: int, anchor: Anchor) -> None:
    """Keep a word on the time of this boot: as the best; as the first, if there is none."""
    values = (boot, anchor.boot_ns, anchor.utc_ns, anchor.trust.value, anchor.err_ms)
    tx.execute("INSERT OR IGNORE INTO anchor VALUES (?, 'first', ?, ?, ?, ?)", values)
    tx.execute("INSERT OR REPLACE INTO anchor VALUES (?, 'best', ?, ?, ?, ?)", values)


def last_anchored(tx: Transaction) -> int | None:
    """Return the number of the newest boot that knew the time; None if none did."""
    number = tx.execute("SELECT max(boot) FROM anchor").fetchone()[0]
    return None if number is None else int(number)


def past(tx: Transaction, boot: int) -> Past:
    """Return a boot among those around it, as far as the nearest ones that knew the time."""
    first, last = tx.execute(
        "SELECT (SELECT max(boot) FROM anchor WHERE boot < no), (SELECT min(boot) FROM anchor WHERE boot > no)"
        " FROM boot WHERE no = ?",
        (boot,),
    ).fetchone()
    first, last = boot if first is None else first, boot if last is None else last
    words = _words(tx, first, last)
    rows = tx.execute("SELECT no, began_ns, seen_ns FROM boot WHERE no BETWEEN ? AND ? ORDER BY no", (first, last))
    boots = {no: Boot(began_ns=began, seen_ns=seen, words=words.get(no, ())) for no, began, seen in rows}
    before = tuple(boots[no] for no in boots if no < boot)
    return Past(before=before, boot=boots[boot], after=tuple(boots[no] for no in boots if no > boot))


def undated(tx: Transaction, *, upto_boot: int, limit: int) -> list[Undated]:
    """Return the oldest touches that wait for their time, of boots up to this one."""
    rows = tx.execute(
        "SELECT epoch, seq, boot, boot_ns, rtc_utc_ns, day_ns, day FROM undated"
        # A salvaged file may lack the boot: such a touch stays as it is.
        " WHERE boot <= ? AND boot IN (SELECT no FROM boot) ORDER BY boot, boot_ns LIMIT ?",
        (upto_boot, limit),
    )
    names = ("epoch", "seq", "boot", "boot_ns", "rtc_utc_ns", "day_ns", "day")
    return [Undated(**dict(zip(names, row, strict=True))) for row in rows]


def drop_undated(tx: Transaction, touch: Undated) -> None:
    """Forget that this touch waits."""
    tx.execute("DELETE FROM undated WHERE epoch = ? AND seq = ?", (touch.epoch, touch.seq))


def drop_pruned(tx: Transaction, *, epoch: str, limit: int) -> None:
    """Forget, at most `limit` at once, that touches wait which the spool itself has forgotten."""
    tx.execute(
        "DELETE FROM undated WHERE (epoch, seq) IN (SELECT epoch, seq FROM undated"
        " WHERE epoch = ? AND seq < (SELECT min(seq) FROM entry) ORDER BY seq LIMIT ?)",
        (epoch, limit),
    )


def count_undated(spool: Path) -> int | None:
    """Return how many touches wait for their time; None while the file cannot be read."""
    try:
        with contextlib.closing(open_reader(spool)) as db:
            return int(db.execute("SELECT count(*) FROM undated").fetchone()[0])
    except (sqlite3.Error, SpoolUnavailable):  # told beside it, where the spool's own depth is asked
        return None


def _words(tx: Transaction, first: int, last: int) -> dict[int, tuple[Anchor, ...]]:
    found: dict[int, tuple[Anchor, ...]] = {}
    rows = tx.execute(
        "SELECT no, name, boot_ns, utc_ns, trust, err_ms FROM anchor JOIN boot ON no = boot WHERE no BETWEEN ? AND ?",
        (first, last),
    )
    for no, name, boot_ns, utc_ns, trust, err_ms in rows:
        word = Anchor(boot=name, boot_ns=boot_ns, utc_ns=utc_ns, trust=Trust(trust), err_ms=err_ms)
        found[no] = (*found.get(no, ()), word)
    return found


_NOTE = """
    INSERT INTO undated (epoch, seq, boot, boot_ns, rtc_utc_ns, day_ns, day)
    SELECT ?, ?, no, ?, ?, ?, ? FROM boot WHERE name = ?
"""
