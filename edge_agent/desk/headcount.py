"""How many people there were, as counted by a person (朝礼): what rates are divided by. Divides nothing."""

from dataclasses import asdict
from datetime import date

from edge_agent.chain import append
from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import Wish, day, number, text
from edge_agent.core.said import HeadcountData
from edge_agent.core.touch import NS_PER_MS
from edge_agent.desk.office import Office
from edge_agent.ledger import headcount, people
from edge_agent.ledger.headcount import Counted
from edge_agent.naming import Word
from spool.transaction import Transaction

COUNT_MAX = 100_000


def count(office: Office, wish: Wish) -> Answers:
    """Take a headcount: `count`, and `day`, `company`, `site` where it is not today's, all together, here."""
    by, now = office.users.check(wish, "edit"), office.clock.stamp()
    people_count = number(wish, "count", low=0, high=COUNT_MAX)
    company, site, told = text(wish, "company", most=64), text(wish, "site", most=64), day(wish)
    today = office.today(now)
    if not told and today is None:
        raise BadRequest("the box does not know the date: give the day")
    of_day = told or str(today)
    if today and date.fromisoformat(of_day) > today:
        raise BadRequest(f"{of_day} is still to come")

    def work(tx: Transaction, epoch: str) -> Counted:
        counted = Counted(
            site=site or people.here(tx)[0] or office.rules.site, day=of_day, company=company, count=people_count, by=by
        )
        headcount.put(tx, counted)
        _append(tx, office.word(epoch, by=by, at=now), counted)
        return counted

    return [asdict(office.commit(work))]


def _append(tx: Transaction, word: Word, counted: Counted) -> None:
    def data(seq: int, prev: str) -> HeadcountData:
        return HeadcountData(
            epoch=word.epoch,
            seq=seq,
            prev=prev,
            by=word.by,
            boot=word.at.boot,
            boot_ms=word.at.boot_ns // NS_PER_MS,
            clock=word.at.trust.value,
            site=counted.site,
            day=counted.day,
            company=counted.company or None,
            count=counted.count,
        )

    append(tx, data, gateway=word.gateway, epoch=word.epoch, at=word.at)
