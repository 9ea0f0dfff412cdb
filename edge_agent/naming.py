"""Say of a touch afterwards whose it was, when, which way, or that it was none. The touch itself is never changed."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from edge_agent.chain import append
from edge_agent.core.attendance import Meaning, Moment, Never, Policy, Presence, Role, decide, follow
from edge_agent.core.by_hand import Impossible, day_of
from edge_agent.core.calendar import rfc3339
from edge_agent.core.hindsight import flags_of, follows, is_behind, told, without
from edge_agent.core.parts import Ref
from edge_agent.core.reason import Reason
from edge_agent.core.said import AmendedData
from edge_agent.core.touch import NS_PER_MS, CredentialRef, PersonKey, Stamp, Worker
from edge_agent.intake import person_data
from edge_agent.known import Touched, entered, find
from edge_agent.ledger.presence import drop_presence, presence, set_presence
from edge_agent.ledger.waiting import Waiting, note, select
from spool.transaction import Transaction

SLICE_TOUCHES = 500
"""Named in one transaction: whoever touches a card meanwhile waits for it."""
WANTS_JUDGEMENT = frozenset({Reason.COMPANION, Reason.HAND, Reason.PHONE, Reason.WITHHELD})
_NAMED = frozenset({Reason.UNKNOWN, Reason.WITHHELD, Reason.COMPANION})
"""No reason any more once somebody has said whose the touch was."""
_BY_HAND = frozenset({Reason.WITHHELD, Reason.COMPANION})
"""Where that is the word of whoever said it alone: there is no credential that tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who says something at the box, when, and why."""

    gateway: str
    epoch: str
    by: str
    at: Stamp
    why: str = ""
    policy: Policy = field(default_factory=Policy)
    cut_off_min: int = 240
    waits: Collection[str] = WANTS_JUDGEMENT
    """Reasons for which a touch waits for approval, also when it is known whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is said. What is None stays as it was."""

    kind: Literal["name", "change", "void"]
    worker: Worker | None = None
    meaning: Meaning | None = None
    utc_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What came of it."""

    row: Waiting
    is_presence_sure: bool
    """False: who is inside could not be told anew, and stays as it was until the worker's next touch."""


def name_waiting(tx: Transaction, ref: CredentialRef, worker: Worker, word: Word) -> int:
    """
    Let the touches of a credential that nobody knew be those of its owner.

    Args:
        tx: The transaction.
        ref: The credential.
        worker: Whose it is.
        word: Who says so, and when.

    Returns:
        How many were named. To be called again, each time in a transaction of its own, until that is fewer than
        `SLICE_TOUCHES`.

    """
    unknown = select(tx, _UNKNOWN, (ref,))[:SLICE_TOUCHES]
    for row in unknown:
        touched = find(tx, Ref(epoch=row.epoch, seq=row.seq), epoch=word.epoch)
        amend(tx, touched, Amendment(kind="name", worker=worker), word)
    return len(unknown)


def amend(tx: Transaction, touched: Touched, said: Amendment, word: Word) -> Amended:
    """
    Append the word on a touch; what waits, and who is where, follow.

    Raises:
        Impossible: It is not clear what is meant. The message says what to say.

    """
    left = _left(tx, touched, word)
    if left is not None and touched.key:
        _put(tx, touched.key, left)
    if said.kind == "void":
        after = replace(touched.row, state="void", by=word.by, why=word.why)
    else:
        after = _retold(tx, touched, said, word, left)
    _append(tx, touched, said, after, word)
    note(tx, after)
    return Amended(row=after, is_presence_sure=left is not None)


def _left(tx: Transaction, touched: Touched, word: Word) -> Presence | None:
    """Return where its person is without the touch; None where nobody knows."""
    row, key = touched.row, touched.key
    if key is None:
        return Never()
    state, at = presence(tx, key), touched.at(word.at)
    utc_ns = at.utc_ns if at else None
    if row.worker is None:
        # A credential nobody knows has just what was seen of it: that goes where its touch goes.
        is_its = any(is_behind(moment, seq=touched.number, utc_ns=utc_ns) for moment in _moments(state))
        return Never() if is_its else state
    before = entered(tx, row.worker, before=touched.number, now=word.at)
    return without(state, seq=touched.number, utc_ns=utc_ns, flags=row.flags, entered=before)


def _retold(tx: Transaction, touched: Touched, said: Amendment, word: Word, left: Presence | None) -> Waiting:
    person = PersonKey(said.worker.id) if said.worker else touched.key
    is_same = person == touched.key
    state = presence(tx, person) if person else Never()
    at = told(word.at, said.utc_ns) if said.utc_ns is not None else touched.at(word.at)
    meaning = _meaning(touched, said, state, at, word)
    after = _judged_anew(touched.row, said, word)
    if at is None:
        return replace(after, meaning=meaning.value)
    if said.utc_ns is not None or (meaning != touched.row.meaning and not (is_same and left is None)):
        day = day_of(state, meaning, at, policy=word.policy, cut_off_min=word.cut_off_min)
        after = replace(after, day=day.isoformat() if day else None)
    moment, flags = Moment(seq=touched.number, at=at), touched.row.flags if said.kind == "name" else []
    if person and is_same and left is None:
        # Nobody knows where they were before: it is still this touch that says where they are.
        flags = touched.row.flags
        _put(tx, person, follow(state, meaning, moment))
    elif person and follows(state, meaning, at):
        flags = [flag.value for flag in flags_of(state, meaning)]
        _put(tx, person, follow(state, meaning, moment))
    return replace(
        after,
        state="waiting" if after.standing == "pending" or flags else "settled",
        meaning=meaning.value,
        flags=flags,
        utc_ns=after.utc_ns if said.utc_ns is None else said.utc_ns,
        is_told=after.is_told or said.utc_ns is not None,
    )


def _meaning(touched: Touched, said: Amendment, state: Presence, at: Stamp | None, word: Word) -> Meaning:
    """Return which way it was: as said, as it was, or, where the touch did not tell, as it follows for this worker."""
    if said.meaning:
        return said.meaning
    row = touched.row
    if row.meaning in {Meaning.REPEAT, Meaning.REFUSED}:
        raise Impossible(f"that touch was a {row.meaning} one and counts for nothing: say which way it was")
    if touched.key is not None or row.meaning != Meaning.TAP or touched.role == Role.TAP:
        return Meaning(row.meaning)
    if touched.role != Role.TOGGLE or at is None or not follows(state, Meaning.ENTRY, at):
        raise Impossible("it cannot be told which way that was: say entry or exit")
    moment = Moment(seq=touched.number, at=at)
    decided = decide(state, touch=moment, role=Role.TOGGLE, policy=word.policy)
    if decided.meaning is Meaning.REPEAT:
        raise Impossible("this worker has just been seen: that would be a repeat. Say entry or exit, or take it back")
    return decided.meaning


def _judged_anew(row: Waiting, said: Amendment, word: Word) -> Waiting:
    """Return what waits now that the touch was named or changed."""
    because = [reason for reason in row.because if not (said.worker and reason in _NAMED)]
    is_by_hand = said.kind == "change" or (said.worker and any(reason in _BY_HAND for reason in row.because))
    if is_by_hand and Reason.HAND not in because:
        because.append(Reason.HAND.value)
    is_pending = said.kind == "change" or any(reason in word.waits for reason in row.because)
    worker = said.worker
    return replace(
        row,
        worker=worker.id if worker else row.worker,
        company=worker.company if worker else row.company,
        because=because,
        standing="pending" if is_pending else "accepted",
        state="waiting" if is_pending or row.flags else "settled",
        by=word.by,
        why=word.why,
    )


def _append(tx: Transaction, touched: Touched, said: Amendment, after: Waiting, word: Word) -> None:
    is_void = said.kind == "void"
    before = touched.row

    def data(seq: int, prev: str) -> AmendedData:
        return AmendedData(
            epoch=word.epoch,
            seq=seq,
            prev=prev,
            by=word.by,
            why=word.why,
            boot=word.at.boot,
            boot_ms=word.at.boot_ns // NS_PER_MS,
            clock=word.at.trust.value,
            of=touched.of,
            kind=said.kind,
            person=person_data(said.worker) if said.worker else None,
            meaning=_WAYS[after.meaning] if said.meaning or after.meaning != before.meaning else None,
            at=rfc3339(said.utc_ns) if said.utc_ns is not None else None,
            day=after.day if said.utc_ns is not None or after.day != before.day else None,
            standing=None if is_void else "accepted" if after.standing == "accepted" else "pending",
        )

    append(tx, data, gateway=word.gateway, epoch=word.epoch, at=word.at)


def _put(tx: Transaction, person: PersonKey, state: Presence) -> None:
    if state == Never():
        drop_presence(tx, person)
    else:
        set_presence(tx, person, state)


def _moments(state: Presence) -> list[Moment]:
    return [moment for moment in (getattr(state, "since", None), state.tapped) if moment]


_WAYS: dict[str, Literal["entry", "exit", "tap"]] = {"entry": "entry", "exit": "exit", "tap": "tap"}
_UNKNOWN = """
    credential = ? AND state = 'waiting' AND worker IS NULL
        AND EXISTS (SELECT 1 FROM json_each(because) WHERE value = 'unknown')
"""
