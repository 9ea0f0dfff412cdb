"""Touches told afterwards: a forgotten card, a reader that came late. They wait for approval; nobody approves here."""

from dataclasses import dataclass

from edge_agent.chain import append
from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import Wish, one_of, text
from edge_agent.core import events, parts
from edge_agent.core.attendance import Flag, Meaning, Moment, Presence, decide, follow
from edge_agent.core.by_hand import ROLES, check_order, day_of
from edge_agent.core.calendar import rfc3339
from edge_agent.core.dating import is_known
from edge_agent.core.hindsight import follows
from edge_agent.core.reason import Reason
from edge_agent.core.touch import NS_PER_MS, PersonKey, Stamp, Worker
from edge_agent.desk.office import WAYS, Office, answer, known_worker, telling
from edge_agent.intake import person_data
from edge_agent.ledger import people
from edge_agent.ledger.presence import presence, set_presence
from edge_agent.ledger.time import note_undated
from edge_agent.ledger.waiting import Waiting, note, select
from edge_agent.naming import Word
from spool.transaction import Transaction

HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What somebody tells."""

    meaning: Meaning
    worker: str
    at: Stamp
    is_told: bool
    """False: it is now, as the box's own clock says."""
    site: str
    note: str
    is_earlier_stay: bool


def add(office: Office, wish: Wish) -> Answers:
    """
    Record a touch: `worker`, `meaning`, `why`; `at` where it is not now; `site`, `note`.

    `earlier_stay` is true for an exit that ends a stay before the one that is known.
    """
    by, now = office.users.check(wish, "edit"), office.clock.stamp()
    at = telling(text(wish, "at"), now)
    said = _Told(
        meaning=Meaning(one_of(wish, "meaning", WAYS, needed=True)),
        worker=text(wish, "worker", most=32, needed=True),
        at=at or now,
        is_told=at is not None,
        site=text(wish, "site", most=64),
        note=text(wish, "note"),
        is_earlier_stay=wish.get("earlier_stay") is True,
    )
    why = text(wish, "why", needed=True)
    row, worker = office.commit(lambda tx, epoch: _enter(tx, office, said, office.word(epoch, by=by, at=now, why=why)))
    return [answer(row, today=office.today(now), name=worker.name)]


def _enter(tx: Transaction, office: Office, said: _Told, word: Word) -> tuple[Waiting, Worker]:
    worker, seq = known_worker(tx, said.worker), tx.head().seq + 1
    key, touch = PersonKey(worker.id), Moment(seq=seq, at=said.at)
    state = presence(tx, key)
    check_order(state, said.meaning, said.at, policy=word.policy, is_earlier_stay=said.is_earlier_stay)
    _check_new(tx, worker, said, word)
    flags: list[str] = []
    if follows(state, said.meaning, said.at):
        decided = decide(state, touch=touch, role=ROLES[said.meaning], policy=word.policy)
        flags = [flag.value for flag in decided.flags]
        set_presence(tx, key, follow(state, said.meaning, touch))
    row = _row(tx, office, said, word, worker=worker, seq=seq, state=state, flags=flags)
    _append(tx, office, said, word, row=row, worker=worker)
    note(tx, row)
    if not said.is_told and not is_known(said.at.trust):
        note_undated(tx, seq, epoch=word.epoch, at=said.at, day_ns=said.at.boot_ns, day=None)
    return row, worker


def _check_new(tx: Transaction, worker: Worker, said: _Told, word: Word) -> None:
    """See that it was not entered already: whoever got no answer asks again."""
    if not said.at.is_dated:
        return
    window_ns = max(word.policy.repeat_window_ns, 1)
    values = (worker.id, said.meaning.value, said.at.utc_ns - window_ns, said.at.utc_ns + window_ns)
    if found := select(tx, _SAME, values):
        raise BadRequest(f"that is entered already, as touch {found[0].seq} by {found[0].by}")


def _row(
    tx: Transaction,
    office: Office,
    said: _Told,
    word: Word,
    *,
    worker: Worker,
    seq: int,
    state: Presence,
    flags: list[str],
) -> Waiting:
    day = day_of(state, said.meaning, said.at, policy=word.policy, cut_off_min=word.cut_off_min)
    return Waiting(
        epoch=word.epoch,
        seq=seq,
        utc_ns=said.at.utc_ns if said.at.is_dated else None,
        day=day.isoformat() if day else None,
        site=_site(tx, office, said.site),
        credential=None,
        worker=worker.id,
        company=worker.company,
        method=HAND,
        meaning=said.meaning.value,
        because=[Reason.HAND.value],
        flags=flags,
        by=word.by,
        why=word.why,
        is_told=said.is_told,
    )


def _site(tx: Transaction, office: Office, wanted: str) -> str:
    now_here = people.here(tx)[0] or office.rules.site
    if wanted and wanted not in {now_here, office.rules.site} and people.site(tx, wanted) is None:
        raise BadRequest(f"no site {wanted} on this box; it serves {now_here}")
    return wanted or now_here


def _append(tx: Transaction, office: Office, said: _Told, word: Word, *, row: Waiting, worker: Worker) -> None:
    typed = word.at
    memo = said.note or people.here(tx)[1]

    def data(seq: int, prev: str) -> events.TouchData:
        return events.TouchData(
            epoch=word.epoch,
            seq=seq,
            prev=prev,
            site=row.site,
            reader=HAND,
            method="hand",
            role=ROLES[said.meaning].value,
            meaning=said.meaning.value,
            standing="pending",
            person=person_data(worker),
            evidence=parts.Evidence(),
            because=row.because,
            note=memo or None,
            hand=parts.Hand(by=word.by, why=word.why, written=rfc3339(typed.utc_ns)),
            flags=[Flag(flag).value for flag in row.flags],
            day=row.day,
            boot=typed.boot,
            boot_ms=typed.boot_ns // NS_PER_MS,
            clock=typed.trust.value,
            err_ms=typed.err_ms,
            simulated=office.rules.is_simulated,
        )

    append(tx, data, gateway=word.gateway, epoch=word.epoch, at=typed, told_utc_ns=said.at.utc_ns)


_SAME = """
    worker = ? AND meaning = ? AND method = 'hand' AND state NOT IN ('void', 'refused')
        AND utc_ns > ? AND utc_ns < ?
"""
