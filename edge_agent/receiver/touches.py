"""Touches as they stand now, for whoever counts them. Counts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from edge_agent.core.effective import Effective
from edge_agent.core.reason import Reason
from edge_agent.receiver.reading import Reading, Wanted, held_of

CREDENTIAL = "hmac:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A touch, and under which number it lies here."""

    gateway: str
    epoch: str
    seq: int
    touch: Effective

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has said whose the credential is."""
        return self.touch.person is None or self.touch.person.startswith(CREDENTIAL)


def touches(reading: Reading, wanted: Wanted) -> Iterator[Held]:
    """
    Yield the touches that are asked for.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    return map(_held, reading.select(_COLUMNS + wanted.found, wanted.values()))


def remarkable(reading: Reading) -> Iterator[Held]:
    """
    Yield the touches somebody may have to look at: they wait, or did, have a flag, or no day.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    return map(_held, reading.select(_COLUMNS + _REMARKABLE, {}))


def _held(row: tuple[Any, ...]) -> Held:
    gateway, epoch, seq, site, person, company, method, meaning, time, quality, clock, day, standing, *lists = row
    because, flags = (tuple(_LIST.decode(text)) if text else () for text in lists)
    is_anybodys = Reason.COMPANION in because and person is not None and person.startswith(CREDENTIAL)
    touch = Effective(
        site=site,
        person=None if is_anybodys else person,
        company=company,
        method=method,
        meaning=meaning,
        time=time,
        is_timed=quality in {"exact", "said"} or (quality is None and (clock != "none" or method == "hand")),
        day=day,
        standing=standing,
        because=because,
        flags=flags,
    )
    return Held(gateway=gateway, epoch=epoch, seq=seq, touch=touch)


_LIST = msgspec.json.Decoder(list[str])
_COLUMNS = """
    SELECT gateway, epoch, seq, site, person_now, company_now, method, meaning_now, time, quality, clock, day,
        standing_now, because, flags
"""
_REMARKABLE = f"""
    FROM event WHERE row IN (
        SELECT rowid FROM held WHERE standing = 'pending'
        UNION SELECT rowid FROM held WHERE flags IS NOT NULL
        UNION SELECT rowid FROM held WHERE clock = 'none'
        UNION {held_of("word", "one.standing = 'pending'")}
        UNION {held_of("correction", "one.day IS NULL")}
    ) AND CASE standing_now
        WHEN 'pending' THEN 1
        WHEN 'accepted' THEN flags IS NOT NULL OR day IS NULL OR person_now IS NULL
        WHEN 'approved' THEN day IS NULL OR person_now IS NULL OR (
            instr(coalesce(because, ''), '"{Reason.COMPANION}"') AND person_now LIKE '{CREDENTIAL}%'
        )
    END
"""  # noqa: S608 - our names
