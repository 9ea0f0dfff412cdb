"""Write down what an event says of other events: tombstones, corrections, former identities, new epochs.

Only a projection: bodies are never changed, and whatever comes first, the tables say the same in the end.
"""

import sqlite3

from edge_agent.core.events import CorrectedData, EpochData, EventData, TouchData, WithheldData
from edge_agent.core.parts import Was
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

    def draw(self, data: EventData) -> None:
        """Write down what this event says, now that it is held. Ranges that are gone are the caller's to count."""
        if data.was is not None:
            self._carry(data.seq, data.was)
        match data:
            case WithheldData(was=None):
                row = (data.seq, data.first, data.last, data.code, data.detail, data.hash)
                self._db.execute(tables.ADD_GONE, (self._key, *row))
            case CorrectedData():
                self._correct(data)
            case EpochData(before=before):
                told = (data.reason, before.epoch, before.last, data.carried, data.lost_count)
                self._db.execute(tables.ADD_BEGINNING, (self._key, *told))
            case _:
                pass

    def _carry(self, seq: int, was: Was) -> None:
        former = (self._stream(was.epoch), was.seq, was.hash)
        self._db.execute(tables.ADD_CARRIED, (self._key, seq, *former))
        self._db.execute(tables.MOVE_CORRECTIONS, (*former, self._key, seq))
        self._db.execute(tables.TELL_HASH, (*former, self._key))

    def _correct(self, data: CorrectedData) -> None:
        named = (self._stream(data.corrects_epoch) if data.corrects_epoch else self._key, data.corrects)
        of = self._db.execute(tables.FORMER, named).fetchone()
        if of is None:
            told = self._db.execute(tables.FORMER_HASH, (*named, self._key)).fetchone()
            of = (*named, told[0] if told else None)
        row = (data.quality, data.at, data.not_before, data.not_after, data.day)
        self._db.execute(tables.ADD_CORRECTION, (self._key, data.seq, *of, *row))

    def _stream(self, epoch: str) -> int:
        self._db.execute(tables.NAME_STREAM, (self._gateway, epoch))
        return int(self._db.execute(tables.FIND_STREAM, (self._gateway, epoch)).fetchone()[0])
