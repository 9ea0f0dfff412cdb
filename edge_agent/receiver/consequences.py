"""Write down what an event says of others, and what people say: tombstones, corrections, former identities, words.

Only a projection: bodies are never changed, and whatever comes first, the tables say the same in the end.
"""

import sqlite3

from edge_agent.core.effective import Word, amended, judged
from edge_agent.core.events import CorrectedData, EpochData, Event, EventData, TouchData, WithheldData
from edge_agent.core.parts import Was
from edge_agent.core.said import AmendedData, HeadcountData, JudgedData, SiteData
from edge_agent.receiver import tables


def is_plain(data: EventData) -> bool:
    """Return whether the event says nothing of others."""
    return type(data) is TouchData and data.was is None


class Consequences:
    """One stream's, within one transaction."""

    def __init__(self, db: sqlite3.Connection, key: int, gateway: str) -> None:
        self._db = db
        self._key = key
        self._gateway = gateway

    def draw(self, event: Event) -> None:
        """Write down what this event says, now that it is held. Ranges that are gone are the caller's to count."""
        data = event.data
        if data.was is not None:
            self._carry(data.seq, data.was)
        match data:
            case WithheldData(was=None):
                row = (data.seq, data.first, data.last, data.code, data.detail, data.hash)
                self._db.execute(tables.ADD_GONE, (self._key, *row))
            case CorrectedData():
                self._correct(data)
            case EpochData():
                self._begin(data)
            case AmendedData(of=of):
                self._tell(data.seq, (self._stream(of.epoch), of.seq), amended(data))
            case JudgedData():
                of_stream = self._stream(data.of_epoch)
                for seq in dict.fromkeys(data.seqs):
                    self._tell(data.seq, (of_stream, seq), judged(data))
            case HeadcountData():
                said = (data.site, data.day, data.company, data.count, data.by, event.time)
                self._db.execute(tables.ADD_HEADCOUNT, (self._key, data.seq, *said))
            case SiteData():
                known = (data.site, data.ccus, data.name or None, data.parent, data.by, event.time)
                self._db.execute(tables.ADD_SITE, (self._key, data.seq, *known))
            case _:
                pass

    def _carry(self, seq: int, was: Was) -> None:
        former = (self._stream(was.epoch), was.seq, was.hash)
        self._db.execute(tables.ADD_CARRIED, (self._key, seq, *former))
        for sql in tables.MOVE:
            self._db.execute(sql, (*former, self._key, seq))
        for sql in tables.TELL_HASH:
            self._db.execute(sql, (*former, self._key))

    def _begin(self, data: EpochData) -> None:
        # A beginning that was carried over is that of its own epoch still.
        key = self._stream(data.was.epoch) if data.was else self._key
        told = (data.reason, data.before.epoch, data.before.last, data.carried, data.lost_count)
        self._db.execute(tables.ADD_BEGINNING, (key, *told))
        self._db.execute(tables.SET_RANKS, (self._gateway,))

    def _correct(self, data: CorrectedData) -> None:
        named = (self._stream(data.corrects_epoch) if data.corrects_epoch else self._key, data.corrects)
        row = (data.quality, data.at, data.not_before, data.not_after, data.day)
        self._db.execute(tables.ADD_CORRECTION, (self._key, data.seq, *self._first(named), *row))

    def _tell(self, seq: int, named: tuple[int, int], word: Word) -> None:
        told = (word.person, word.company, word.meaning, word.time, word.day, word.standing, word.by, word.why)
        self._db.execute(tables.ADD_WORD, (self._key, seq, *self._first(named), word.kind, *told))

    def _first(self, named: tuple[int, int]) -> tuple[int, int, str | None]:
        """Return the oldest identity that is known of the event named, and of which bytes this stream speaks."""
        former = self._db.execute(tables.FORMER, named).fetchone()
        if former is not None:
            return (int(former[0]), int(former[1]), str(former[2]))
        told = self._db.execute(tables.FORMER_HASH, (*named, self._key)).fetchone()
        return (*named, told[0] if told else None)

    def _stream(self, epoch: str) -> int:
        self._db.execute(tables.NAME_STREAM, (self._gateway, epoch))
        return int(self._db.execute(tables.FIND_STREAM, (self._gateway, epoch)).fetchone()[0])
