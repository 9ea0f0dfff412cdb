"""Commit what gateways sent, then say what is committed: idempotent by (gateway, epoch, seq). Sends nothing."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import GatewayLost, GatewayState, Nack, Receipt
from edge_agent.core.touch import NS_PER_S
from edge_agent.receiver import steps, tables
from edge_agent.receiver.checkpoints import keep_checkpoint, pin
from edge_agent.receiver.keep import Keeper, keep_rejected
from edge_agent.receiver.mail import Mail
from edge_agent.receiver.news import News, Teller
from edge_agent.receiver.unpack import Letter, Standing, Stream, standing_of
from spool.file import SpoolDamaged, SpoolError, SpoolUnavailable, only_writer, settle, unavailable
from spool.migrate import open_migrated

NAMED = 64
"""Nacks, and ranges above `upto`, that fit into one receipt."""
OWNER = "receiver"
RECENT = 1000
"""Gateways that are told what is committed when all should hear it anew."""
GENERATION_MAX = 1 << 40
"""No receiver gets there by the clock: who says so is wrong, and must not use up the numbers."""
DAMAGED = (
    "Stop the receiver, move the file and those beside it (-wal, -shm) away but keep them, put the newest backup in "
    "their place, and start again: gateways send again what the backup lacks, as far as their retention time goes"
)


class Store:
    """The receiver's only writer. For one thread."""

    def __init__(self, path: Path, *, utc_s: int) -> None:
        """
        Open the file, or make it: `utc_s` is then its generation, higher than that of any store made before.

        Raises:
            SpoolInUse: Another process writes to it.
            SpoolUnavailable: The disk refuses.

        """
        self._path = path
        self._utc_s = utc_s
        self._teller = Teller()
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(only_writer(path))
        try:
            self._db: sqlite3.Connection | None = self._open()
        except SpoolError:
            self._guard.close()
            raise

    def take(self, letters: Iterable[Letter], *, utc_ns: int) -> list[Stream]:
        """
        Commit what is in the letters, all in one transaction; return the streams that are owed a receipt.

        Raises:
            SpoolUnavailable: Nothing is promised. The gateways will send again.

        """
        mail = Mail(letters)
        if mail.is_empty:
            return []
        news = News()
        with self._transaction() as db:
            for stream, items in mail.streams.items():
                kept = Keeper(db, stream, utc_ns=utc_ns).keep(items)
                mail.rejected.setdefault(stream.gateway, []).extend(kept.refused)
                news.kept(stream.gateway, kept)
            for said in mail.states:
                _keep_state(db, said, utc_ns=utc_ns)
                if isinstance(said, GatewayState):
                    self._hear(db, standing_of(said), utc_ns=utc_ns, news=news)
            for checkpoint in mail.checkpoints:
                news.key(checkpoint.gw, is_other=pin(db, checkpoint.gw, checkpoint.key))
                news.checkpoint(checkpoint.gw, contradicts=keep_checkpoint(db, checkpoint))
            for gateway, rejected in mail.rejected.items():
                keep_rejected(db, gateway, rejected, utc_ns=utc_ns)
                news.rejected(gateway, rejected)
        self._teller.tell(news)
        # Who says "here I am" is told what is committed, be it nothing: what the broker took before we listened is
        # then sent again at once, and not only when the gateway's patience ends.
        births = [Stream(said.gw, said.epoch) for said in mail.states if isinstance(said, GatewayState)]
        everybody = self.recent(RECENT) if news.generation is not None else []
        return list(dict.fromkeys([*mail.streams, *births, *everybody]))

    def hear(self, standing: Standing, *, utc_ns: int) -> list[Stream]:
        """
        Hear how a gateway stands from elsewhere than a birth message; return whom a receipt is owed.

        Raises:
            SpoolUnavailable: Nothing is promised.

        """
        news = News()
        with self._transaction() as db:
            self._hear(db, standing, utc_ns=utc_ns, news=news)
        self._teller.tell(news)
        return self.recent(RECENT) if news.generation is not None else []

    def key(self, gateway: str) -> str | None:
        """
        Return the public key that is believed for a gateway; None if none was heard.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        with self._answering() as db:
            found = db.execute(tables.KEY, (gateway,)).fetchone()
        return found[0] if found else None

    def trust(self, gateway: str, key: str) -> None:
        """
        Believe this key of a gateway from now on.

        Raises:
            SpoolUnavailable: It could not be written.

        """
        with self._transaction() as db:
            db.execute(tables.TRUST_KEY, (gateway, key))

    def receipt(self, stream: Stream, *, utc_ns: int, named: int = NAMED) -> Receipt:
        """
        Return what is committed of a stream.

        A refused event is covered only while the receipt names it: otherwise the gateway would take it for kept and
        prune the only whole copy (I1).

        Args:
            stream: Whose.
            utc_ns: Now.
            named: Nacks, and ranges above `upto`, that may be in it: fewer where the broker takes small messages only.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        with self._answering() as db:
            found = db.execute(tables.FIND_STREAM, (stream.gateway, stream.epoch)).fetchone()
            key = found[0] if found else 0
            withheld = db.execute(tables.WITHHOLDING_NACKS, (key, named + 1)).fetchall()
            chain = db.execute(tables.CHAIN_NACKS, (key, named)).fetchall()
            islands = db.execute(tables.ISLANDS, (key, named + 1)).fetchall() or [(0, 0)]
            ceiling = withheld[named][0] - 1 if len(withheld) > named else islands[-1][1]
            (_, upto), *more = [(first, min(last, ceiling)) for first, last in islands if first <= ceiling]
            head = db.execute(tables.HEAD, (key, upto)).fetchone()
            generation = db.execute(tables.GENERATION).fetchone()[0]
        nack = [Nack(seq=seq, code=code, detail=detail) for seq, code, detail in (withheld[:named] + chain)[:named]]
        return Receipt(
            epoch=stream.epoch,
            gen=generation,
            upto=upto,
            more=more,
            head=head[0] if head else "",
            nack=nack,
            t=rfc3339(utc_ns),
        )

    def recent(self, limit: int) -> list[Stream]:
        """
        Return the newest stream of each gateway, for the gateways heard last.

        Raises:
            SpoolUnavailable: They cannot be read.

        """
        with self._answering() as db:
            return [Stream(gateway, epoch) for gateway, epoch, _ in db.execute(tables.RECENT_STREAMS, (limit,))]

    def new_generation(self, *, utc_s: int) -> int:
        """
        Say that this store may know less than its receipts claimed: after a restore. Gateways then send again.

        Raises:
            SpoolUnavailable: It could not be written.

        """
        with self._transaction() as db:
            return int(db.execute(tables.NEW_GENERATION, (utc_s,)).fetchone()[0])

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._close()
        self._guard.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _hear(self, db: sqlite3.Connection, standing: Standing, *, utc_ns: int, news: News) -> None:
        if standing.key:
            news.key(standing.stream.gateway, is_other=pin(db, standing.stream.gateway, standing.key))
        if _was_set_back(db, standing):
            least = max(utc_ns // NS_PER_S, standing.generation + 1)
            news.generation = int(db.execute(tables.NEW_GENERATION, (least,)).fetchone()[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._answering() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextlib.contextmanager
    def _answering(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._ready()
        except (sqlite3.Error, SpoolUnavailable) as exc:
            # Rule: after an error nobody knows what is on disk. The next use opens the file anew and finds out.
            self._close()
            raise _unavailable(self._path, exc) from exc

    def _ready(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = self._open()
            settle(self._db)
        return self._db

    def _open(self) -> sqlite3.Connection:
        try:
            db = open_migrated(self._path, {OWNER: steps.RECEIVER_STEPS})
        except SpoolUnavailable as exc:
            raise _unavailable(self._path, exc) from exc
        try:
            db.execute(tables.MAKE_GENERATION, (self._utc_s,))
        except sqlite3.Error as exc:
            db.close()
            raise _unavailable(self._path, exc) from exc
        return db

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):  # it already refused; what is committed is on disk
                db.close()


def _unavailable(path: Path, exc: Exception) -> SpoolUnavailable:
    error = unavailable(str(path), exc)
    return SpoolDamaged(f"{error}. {DAMAGED}") if isinstance(error, SpoolDamaged) else error


def _was_set_back(db: sqlite3.Connection, standing: Standing) -> bool:
    """Return whether the gateway has heard receipts that this file knows nothing of: it is a restored backup."""
    generation = db.execute(tables.GENERATION).fetchone()[0]
    if standing.generation != generation:
        return bool(generation < standing.generation <= GENERATION_MAX)
    found = db.execute(tables.FIND_STREAM, (standing.stream.gateway, standing.stream.epoch)).fetchone()
    upto = db.execute(tables.UPTO, found).fetchone() if found else None
    return standing.acked > (upto[0] if upto else 0)


def _keep_state(db: sqlite3.Connection, said: GatewayState | GatewayLost, *, utc_ns: int) -> None:
    if isinstance(said, GatewayLost):
        db.execute(tables.SET_STATE, (said.gw, said.state, None, None, None, utc_ns))
        return
    db.execute(tables.SET_STATE, (said.gw, said.state, said.epoch, said.max_seq, said.agent, utc_ns))
    # It has heard a receipt up to `acked`, and that receipt named every tombstone up to there.
    if found := db.execute(tables.FIND_STREAM, (said.gw, said.epoch)).fetchone():
        db.execute(tables.SETTLE_NACKS, (found[0], said.acked))
