"""The prime's word (元請承認) on what waits: shown, approved, refused. What a touch was is said elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Literal, cast

from edge_agent.chain import append
from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import Wish, day, number, one_of, text
from edge_agent.core.parts import Ref
from edge_agent.core.said import JudgedData
from edge_agent.core.touch import NS_PER_MS
from edge_agent.desk.office import Office, answer, asked
from edge_agent.known import NoSuchTouch, find
from edge_agent.ledger.people import names
from edge_agent.ledger.waiting import STATES, Page, Waiting, note, page
from edge_agent.naming import Word
from spool.transaction import Transaction

SLICE_TOUCHES = 500
"""Judged in one transaction, and by one event."""
PAGE_TOUCHES = 200
VERDICTS = {"approve": "approved", "refuse": "refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What came of one slice."""

    judged: int = 0
    again: int = 0
    """Of these had been judged before: the later word counts."""
    unnamed: int = 0
    """Passed over: nobody has said whose they are."""

    def __add__(self, more: "_Judged") -> "_Judged":
        return _Judged(
            judged=self.judged + more.judged, again=self.again + more.again, unnamed=self.unnamed + more.unnamed
        )


def waiting(office: Office, wish: Wish) -> Answers:
    """
    Yield a page of what waits, oldest day first, and then how many there are in all.

    By `day`, `company`, `worker`, `method`, `state` (waiting, unless told; `all`), `limit`, `offset`.
    """
    return _listed(office, _chosen(wish), wish)


def by_hand(office: Office, wish: Wish) -> Answers:
    """Yield what was entered by hand, in whatever state."""
    return _listed(office, _chosen({"state": "all", **wish, "method": "hand"}), wish)


def judge(office: Office, wish: Wish) -> Answers:
    """
    Approve or refuse: `verdict`, and `touches` (lists of epoch and number), or `day`, `company`, `worker`, or `all`.

    `why` is needed to refuse.
    """
    by = office.users.check(wish, "judge")
    verdict = one_of(wish, "verdict", tuple(VERDICTS), needed=True)
    why = text(wish, "why", needed=verdict == "refuse")
    sure = _refs(wish.get("touches"), office.door.epoch)
    chosen = sure if sure is not None else _by_filter(office, wish)
    now, done = office.clock.stamp(), _Judged()
    for some in _slices(chosen, SLICE_TOUCHES):

        def work(tx: Transaction, epoch: str, some: Sequence[Ref] = some) -> _Judged:
            rows = [find(tx, of, epoch=epoch).row for of in some]
            word = office.word(epoch, by=by, at=now, why=why)
            return _judge(tx, rows, VERDICTS[verdict], word, is_sure=sure is not None)

        try:
            done += office.commit(work)
        except BadRequest as exc:
            raise BadRequest(f"{exc}{f'; {done.judged} are judged' if done.judged else ''}") from exc
    return [{"verdict": VERDICTS[verdict], "judged": done.judged, "again": done.again, "unnamed": done.unnamed}]


def _judge(tx: Transaction, rows: Sequence[Waiting], verdict: str, word: Word, *, is_sure: bool) -> _Judged:
    for row in rows:
        _check(row, is_named=row.worker is not None or verdict == "refused" or not is_sure)
    good = [row for row in rows if row.worker is not None or verdict == "refused"]
    for epoch, some in groupby(sorted(good, key=_identity), key=lambda row: row.epoch):
        judged = list(some)
        _append(tx, epoch, [row.seq for row in judged], verdict, word)
        for row in judged:
            note(tx, replace(row, state=verdict, by=word.by, why=word.why))
    again = sum(row.state in {"approved", "refused"} for row in good)
    return _Judged(judged=len(good), again=again, unnamed=len(rows) - len(good))


def _check(row: Waiting, *, is_named: bool) -> None:
    told = f"touch {row.epoch}-{row.seq}"
    if row.state == "void":
        raise NoSuchTouch(f"{told} is taken back: nothing to judge; correct it first if it was true")
    if row.meaning in {"repeat", "refused"}:
        raise NoSuchTouch(f"{told} is a {row.meaning} one and counts for nothing: correct it first if it was true")
    if not is_named:
        raise NoSuchTouch(f"nobody has said whose {told} was: name it first (edge-agent entry name)")


def _append(tx: Transaction, of_epoch: str, seqs: list[int], verdict: str, word: Word) -> None:
    def data(seq: int, prev: str) -> JudgedData:
        return JudgedData(
            epoch=word.epoch,
            seq=seq,
            prev=prev,
            by=word.by,
            why=word.why,
            boot=word.at.boot,
            boot_ms=word.at.boot_ns // NS_PER_MS,
            clock=word.at.trust.value,
            of_epoch=of_epoch,
            seqs=seqs,
            verdict=cast('Literal["approved", "refused"]', verdict),
        )

    append(tx, data, gateway=word.gateway, epoch=word.epoch, at=word.at)


def _identity(row: Waiting) -> tuple[str, int]:
    return row.epoch, row.seq


def _refs(wanted: object, epoch: str) -> list[Ref] | None:
    if wanted is None:
        return None
    if not isinstance(wanted, list) or not wanted:
        raise BadRequest('touches: a list such as [["0123456789abcdef", 17], [18]]; a number alone is of this epoch')
    refs = {}
    for each in wanted:
        parts = each if isinstance(each, list) else [each]
        told, seq = parts if len(parts) == 2 else (epoch, *parts)[:2] if parts else ("", 0)  # noqa: PLR2004 - a pair
        of = Ref(
            epoch=text({"epoch": told}, "epoch", most=16) or epoch,
            seq=number({"seq": seq}, "seq", low=1, high=2**53 - 1),
        )
        refs[of.epoch, of.seq] = of
    return list(refs.values())


def _by_filter(office: Office, wish: Wish) -> list[Ref]:
    chosen = _chosen({**wish, "state": "waiting"})
    if not wish.get("all") and not (chosen.day or chosen.company or chosen.worker):
        raise BadRequest("say which: touches, a day, a company, a worker, or all")
    found, _ = asked(lambda: page(office.spool, replace(chosen, limit=1_000_000)))
    return [Ref(epoch=row.epoch, seq=row.seq) for row in found]


def _chosen(wish: Wish) -> Page:
    return Page(
        day=day(wish),
        company=text(wish, "company", most=64),
        worker=text(wish, "worker", most=32),
        method=text(wish, "method", most=16),
        state=one_of(wish, "state", (*STATES, "all")) or "waiting",
        limit=number(wish, "limit", low=1, high=1000, default=PAGE_TOUCHES),
        offset=number(wish, "offset", low=0, high=2**31, default=0),
    )


def _listed(office: Office, chosen: Page, _wish: Wish) -> Iterator[Mapping[str, object]]:
    rows, total = asked(lambda: page(office.spool, chosen))
    known = asked(lambda: names(office.spool, {row.worker for row in rows if row.worker}))
    today = office.today(office.clock.stamp())
    for row in rows:
        yield answer(row, today=today, name=known.get(row.worker or "", ""))
    after = chosen.offset + len(rows)
    yield {"total": total, "next": after if after < total else None}


def _slices(refs: Iterable[Ref], size: int) -> Iterator[list[Ref]]:
    rest = iter(refs)
    while some := list(islice(rest, size)):
        yield some
