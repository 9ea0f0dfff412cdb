"""What somebody has to look at, and until when: touches that wait, or are odd. Judges nothing."""

from datetime import date
from typing import Literal

import msgspec

from edge_agent.core.calendar import as_date, deadline
from edge_agent.core.effective import COUNTING, TELLING
from edge_agent.core.reason import Reason
from edge_agent.receiver.reading import Reading, Wanted
from edge_agent.receiver.touches import Held, remarkable
from edge_agent.words import Language, Phrase
from edge_agent.words.reasons import OFFICE

Kind = Literal["unknown", "pending", "undated", "anomaly"]
MISSING_EXIT = Phrase(en="the exit before is missing", ja="前の退場が打刻されていない")
MISSING_ENTRY = Phrase(en="the entry is missing", ja="入場が打刻されていない")
UNDATED = Phrase(en="its day is not known yet", ja="日付がまだ分からない")
NAMELESS = Phrase(en="approved, but nobody has said whose it was", ja="承認済みだが、だれのものか指定されていない")
FLAGS = {"missing_exit": MISSING_EXIT, "missing_entry": MISSING_ENTRY}


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One touch that somebody has to look at."""

    kind: Kind
    """`unknown`: say whose it was. `pending`: judge it. `undated`: its box will tell. `anomaly`: counts, but is odd."""
    date: str | None
    site: str
    gateway: str
    epoch: str
    seq: int
    time: str
    person: str | None
    company: str | None
    method: str
    meaning: str
    standing: str
    because: list[str]
    flags: list[str]
    says: str
    """The reasons in words."""
    deadline: str | None
    """Until when it can be approved: the end of the next month."""
    days_left: int | None
    """Negative: too late."""


def waiting(reading: Reading, wanted: Wanted, *, today: date, language: Language) -> list[WaitingRow]:
    """
    Return what has to be looked at, the oldest first, the undated last.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    found = ((_kind(held), held) for held in remarkable(reading))
    rows = [_row(kind, held, today, language) for kind, held in found if kind and _is_wanted(held, wanted)]
    return sorted(rows, key=lambda row: (row.date is None, row.date or "", row.site, row.time, row.gateway, row.seq))


def _kind(held: Held) -> Kind | None:
    touch = held.touch
    if touch.waits:
        is_nameless = touch.person is None or (held.is_unknown and Reason.UNKNOWN in touch.because)
        return "unknown" if is_nameless else "pending"
    if touch.meaning not in TELLING or touch.standing not in COUNTING:
        return None
    if touch.day is None:
        return "undated"
    return "anomaly" if touch.flags and touch.standing == "accepted" else None


def _is_wanted(held: Held, wanted: Wanted) -> bool:
    touch = held.touch
    return (
        wanted.site in {None, touch.site}
        and wanted.company in {None, touch.company}
        and wanted.worker in {None, touch.person}
        and (wanted.has(touch.day) if touch.day else not (wanted.first or wanted.last))
    )


def _row(kind: Kind, held: Held, today: date, language: Language) -> WaitingRow:
    touch = held.touch
    day = as_date(touch.day)
    until = deadline(day) if day else None
    return WaitingRow(
        kind=kind,
        date=touch.day,
        site=touch.site,
        gateway=held.gateway,
        epoch=held.epoch,
        seq=held.seq,
        time=touch.time,
        person=touch.person,
        company=touch.company,
        method=touch.method,
        meaning=touch.meaning,
        standing=touch.standing,
        because=list(touch.because),
        flags=list(touch.flags),
        says="; ".join(_said(held, language)),
        deadline=until.isoformat() if until else None,
        days_left=(until - today).days if until else None,
    )


def _said(held: Held, language: Language) -> list[str]:
    touch = held.touch
    said = [_reason(why, language) for why in touch.because]
    said += [FLAGS[flag].text(language) for flag in touch.flags if flag in FLAGS]
    if touch.person is None and touch.standing in COUNTING:
        said.append(NAMELESS.text(language))
    if touch.day is None:
        said.append(UNDATED.text(language))
    return said


def _reason(why: str, language: Language) -> str:
    # A newer box may have reasons that this receiver has not heard of.
    known = OFFICE.get(Reason(why)) if why in {each.value for each in Reason} else None
    return Phrase(en=known[0], ja=known[1]).text(language) if known else why
