"""Corrections: whose a touch was, when and which way, or that it was none. Reads the request; naming does it."""

from dataclasses import dataclass
from typing import Literal, cast

from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import Wish, number, one_of, text
from edge_agent.core.attendance import Meaning
from edge_agent.core.parts import Ref
from edge_agent.core.touch import Stamp
from edge_agent.desk.office import WAYS, Office, answer, asked, known_worker, telling
from edge_agent.known import carried_as, find
from edge_agent.ledger.waiting import Waiting
from edge_agent.naming import Amended, Amendment, Word, amend
from spool.transaction import Transaction

KINDS = ("name", "change", "void")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is asked for."""

    kind: Literal["name", "change", "void"]
    of: Ref
    carried: int | None
    worker: str
    way: str
    at: Stamp | None


def take(office: Office, wish: Wish) -> Answers:
    """
    Take somebody's word on a touch: `kind`, `seq`, and `epoch` where that is not the present one.

    name: `worker`, and `meaning` where the touch does not tell. change: `worker`, `meaning`, `at`. void: nothing more.
    `why` for all but a name.
    """
    by, now = office.users.check(wish, "edit"), office.clock.stamp()
    kind = one_of(wish, "kind", KINDS, needed=True)
    of = Ref(epoch=text(wish, "epoch", most=16) or office.door.epoch, seq=number(wish, "seq", low=1, high=2**53 - 1))
    wanted = _Wanted(
        kind=cast('Literal["name", "change", "void"]', kind),
        of=of,
        carried=asked(lambda: carried_as(office.spool, of)) if of.epoch != office.door.epoch else None,
        worker=text(wish, "worker", most=32, needed=kind == "name"),
        way=one_of(wish, "meaning", WAYS),
        at=telling(text(wish, "at"), now),
    )
    why = text(wish, "why", needed=kind != "name")
    amended, name = office.commit(lambda tx, epoch: _amend(tx, wanted, office.word(epoch, by=by, at=now, why=why)))
    shown = answer(amended.row, today=office.today(now), name=name)
    return [shown | {"is_presence_sure": amended.is_presence_sure}]


def _amend(tx: Transaction, wanted: _Wanted, word: Word) -> tuple[Amended, str]:
    touched = find(tx, wanted.of, epoch=word.epoch, carried=wanted.carried)
    worker = known_worker(tx, wanted.worker) if wanted.worker else None
    _check(touched.row, wanted)
    said = Amendment(
        kind=wanted.kind,
        worker=worker,
        meaning=Meaning(wanted.way) if wanted.way else None,
        utc_ns=wanted.at.utc_ns if wanted.at else None,
    )
    return amend(tx, touched, said, word), worker.name if worker else ""


def _check(row: Waiting, wanted: _Wanted) -> None:
    if wanted.kind == "void" and row.state == "void":
        raise BadRequest(f"touch {row.seq} is taken back already")
    if wanted.kind == "name" and row.worker:
        raise BadRequest(f"touch {row.seq} is that of {row.worker} already: correct it instead")
    if wanted.kind == "name" and row.state == "void":
        raise BadRequest(f"touch {row.seq} is taken back: correct it instead")
    if wanted.kind == "name" and wanted.at:
        raise BadRequest("a name tells no time: correct it afterwards")
    if wanted.kind == "void" and (wanted.worker or wanted.way or wanted.at):
        raise BadRequest("what is taken back has no worker, meaning or time")
    if wanted.kind == "change" and not (wanted.worker or wanted.way or wanted.at):
        raise BadRequest("say what was otherwise: worker, meaning or at")
