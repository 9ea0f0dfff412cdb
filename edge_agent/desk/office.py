"""What every request of the desk needs: who asks, what time it is, one transaction. Answers none itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from edge_agent.clock import Clock
from edge_agent.control.server import BadRequest
from edge_agent.core.by_hand import Impossible, check_time, time_ns
from edge_agent.core.calendar import deadline, rfc3339, site_day
from edge_agent.core.hindsight import told
from edge_agent.core.touch import Stamp, Worker, WorkerId
from edge_agent.door import Door
from edge_agent.intake import SiteRules
from edge_agent.known import NoSuchTouch
from edge_agent.ledger import people
from edge_agent.ledger.waiting import Waiting
from edge_agent.naming import Word
from edge_agent.users import Users
from edge_agent.words import Language
from edge_agent.words.reasons import why
from spool.file import SpoolUnavailable
from spool.transaction import Transaction

T = TypeVar("T")
WAYS = ("entry", "exit", "tap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The desk's means."""

    door: Door
    clock: Clock
    users: Users
    rules: SiteRules
    spool: Path

    def commit(self, work: Callable[[Transaction, str], T]) -> T:
        """
        Do the work in one transaction.

        Raises:
            BadRequest: It cannot be; nothing was written.

        """
        return asked(lambda: self.door.commit(work))

    def word(self, epoch: str, *, by: str, at: Stamp, why: str = "") -> Word:
        """Return who says something, for what is appended."""
        return Word(
            gateway=self.rules.gateway,
            epoch=epoch,
            by=by,
            at=at,
            why=why,
            policy=self.rules.policy,
            cut_off_min=self.rules.cut_off_min,
        )

    def today(self, now: Stamp) -> date | None:
        """Return the site's day; None while the clock cannot be believed."""
        return site_day(now, cut_off_min=self.rules.cut_off_min)


def asked(work: Callable[[], T]) -> T:
    """
    Return what the work does.

    Raises:
        BadRequest: It says that this cannot be.

    """
    try:
        return work()
    except (Impossible, NoSuchTouch, SpoolUnavailable) as exc:
        raise BadRequest(str(exc)) from exc


def telling(at: str, now: Stamp) -> Stamp | None:
    """
    Return the moment somebody tells; None where they tell none.

    Raises:
        BadRequest: It is no time, or it cannot have been then.

    """

    def checked() -> Stamp:
        utc_ns = time_ns(at)
        check_time(utc_ns, now)
        return told(now, utc_ns)

    return asked(checked) if at else None


def known_worker(tx: Transaction, number: str) -> Worker:
    """
    Return a worker of the roster.

    Raises:
        BadRequest: The roster does not know them.

    """
    found = people.worker(tx, WorkerId(number))
    if found is None:
        raise BadRequest(
            f"no worker {number} in the roster: add them first (edge-agent roster import, or edge-agent enroll)"
        )
    return found[0]


def answer(row: Waiting, *, today: date | None, name: str = "") -> dict[str, object]:
    """Return a touch as the desk shows it. Stays on the box: it may carry the name."""
    last = deadline(date.fromisoformat(row.day)) if row.day else None
    return {
        "epoch": row.epoch,
        "seq": row.seq,
        "time": None if row.utc_ns is None else rfc3339(row.utc_ns),
        "day": row.day,
        "site": row.site,
        "worker": row.worker,
        "name": name,
        "company": row.company,
        "credential": row.credential,
        "method": row.method,
        "meaning": row.meaning,
        "because": row.because,
        "reasons": [_words(reason) for reason in row.because],
        "flags": row.flags,
        "state": row.state,
        "standing": row.standing,
        "by": row.by,
        "why": row.why,
        "deadline": last.isoformat() if last else None,
        "days_left": (last - today).days if last and today else None,
    }


def _words(reason: str) -> dict[str, str]:
    return {language.value: why(reason, language) for language in Language}
