"""A roster into the ledger: compared beside the gate, and entered in one transaction. Judges nothing."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.core.calendar import DAY_S, FIRST_DAY, site_day
from edge_agent.core.touch import NS_PER_S, CredentialRef, Stamp, WorkerId
from edge_agent.ledger import roster as ledger
from edge_agent.ledger.roster import Execute, Known
from edge_agent.roster.calls import Refs, workers_asked
from edge_agent.roster.columns import TABLES
from edge_agent.roster.comparison import Comparison
from edge_agent.roster.mistakes import RosterError, RosterMistake
from edge_agent.roster.plan import How, Plan
from edge_agent.roster.reading import Choice, parse_roster
from edge_agent.roster.records import Records
from edge_agent.roster.sheet import SIZE_MAX_B
from edge_agent.words.sentences import phrase
from spool.transaction import Transaction

Named = Callable[[Transaction, str, CredentialRef, WorkerId], int]
"""Given the epoch: names the touches of that credential that waited for a worker; returns how many."""


def nobody_named(_tx: Transaction, _epoch: str, _ref: CredentialRef, _worker: WorkerId) -> int:
    """Leave touches that wait as they are."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What became of a roster."""

    plan: Plan
    waiting: int
    """Touches that waited for somebody to say whose credential that is, and now could be named."""
    named: int
    """Those of them that have been."""


class Roster:
    """One roster on its way into the ledger."""

    def __init__(self, records: Records, *, key: bytes, how: How) -> None:
        self._records = records
        self._refs = Refs(key)
        self._how = how
        self._asked = self._refs.asked(records)
        self._workers = None if how.is_complete else workers_asked(records)

    def known(self, execute: Execute) -> Known:
        """Return what the ledger holds of what the roster speaks of."""
        return ledger.known(execute, workers=self._workers, refs=self._asked)

    def plan(self, known: Known) -> Plan:
        """
        Return what it changes.

        Raises:
            RosterError: It does not fit what the ledger holds, or itself.

        """
        if self._how.is_complete:
            self._assert_may_end()
        plan = Comparison(self._records, known, self._refs, self._how).plan()
        if plan.mistakes:
            raise RosterError(self._records.source, plan.mistakes)
        return plan

    def enter(self, tx: Transaction, epoch: str, beside: tuple[Known, Plan], named: Named = nobody_named) -> Entered:
        """
        Enter it, within a transaction. What was compared beside the gate is used, unless the ledger has changed since.

        Raises:
            RosterError: As `plan`.

        """
        known = self.known(tx.execute)
        plan = beside[1] if known == beside[0] else self.plan(known)
        for kind in TABLES:
            ledger.write(tx.execute, kind, (change.after for change in plan.changes if change.kind == kind))
        waiting = waiting_for(tx.execute, plan)
        owners = [(ref, worker) for ref, worker in plan.named() if ref in waiting]
        done = sum(named(tx, epoch, ref, WorkerId(worker)) for ref, worker in owners)
        return Entered(plan=plan, waiting=sum(waiting.values()), named=done)

    def _assert_may_end(self) -> None:
        if not self._how.yesterday:
            raise RosterError(self._records.source, [RosterMistake(says=phrase("roster.no-clock"))])
        if not any(table.rows for table in self._records.of("workers")):
            raise RosterError(self._records.source, [RosterMistake(says=phrase("roster.no-one-listed"))])


def waiting_for(execute: Execute, plan: Plan) -> Mapping[CredentialRef, int]:
    """Return how many touches of each credential that gets an owner wait."""
    return ledger.waiting_of(execute, [ref for ref, _ in plan.named()])


def how_now(stamp: Stamp, *, is_complete: bool = False, may_move: bool = False, cut_off_min: int = 0) -> How:
    """Return how a roster is meant, today."""
    today = site_day(stamp, cut_off_min=cut_off_min)
    utc = date.fromordinal(FIRST_DAY + stamp.utc_ns // (DAY_S * NS_PER_S)) if stamp.is_dated else None
    return How(
        day=utc.isoformat() if utc else "",
        yesterday=(today - timedelta(days=1)).isoformat() if today else "",
        is_complete=is_complete,
        may_move=may_move,
    )


def enter_file(path: Path, *, key: bytes, stamp: Stamp, write: Callable[[Callable[[Transaction], None]], None]) -> None:
    """
    Enter the configured roster, if it is another than the last time.

    Raises:
        RosterError: It cannot be used.
        SpoolUnavailable: It could not be written.

    """
    try:
        content = read_file(path, limit_b=SIZE_MAX_B)
    except Unusable as exc:
        raise RosterError(str(path), [RosterMistake(says=exc.says)]) from exc
    mark = hmac.new(key, content, hashlib.sha256).hexdigest()

    def work(tx: Transaction) -> None:
        if ledger.file_mark(tx.execute) == mark:
            return
        roster = Roster(parse_roster(content, path, Choice(with_workbooks=False)), key=key, how=how_now(stamp))
        known = roster.known(tx.execute)
        roster.enter(tx, "", (known, roster.plan(known)))
        ledger.set_file_mark(tx.execute, mark)

    write(work)
