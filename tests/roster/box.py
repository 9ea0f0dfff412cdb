"""A ledger with the roster's requests on a socket, as the daemon has them; without readers and uplink."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from edge_agent.control.client import ask
from edge_agent.control.server import Server
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.roster.entering import nobody_named
from edge_agent.roster_desk import RosterDesk
from hardware_fakes.clock import FakeClock
from spool.journal import Journal

KEY = b"k" * 32


class JournalDoor:
    """The door's one way in that the roster uses."""

    def __init__(self, journal):
        self._journal = journal

    def commit(self, work):
        return self._journal.write(lambda tx: work(tx, self._journal.epoch))


class Box:
    def __init__(self, folder: Path, *, named=nobody_named):
        self.spool = folder / "spool.db"
        self.socket = folder / "control.sock"
        self.folder = folder
        self.clock = FakeClock()
        self.journal = Journal(self.spool, owner_steps={"ledger": LEDGER_STEPS})
        self.desk = RosterDesk(spool=self.spool, door=JournalDoor(self.journal), clock=self.clock, key=KEY, named=named)

    def table(self, name):
        return self.journal.write(lambda tx: tx.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall())  # noqa: S608 - our names

    def everything(self):
        return [self.table(name) for name in ("company", "worker", "credential", "site")]

    def rows(self, name, *columns):
        return self.journal.write(
            lambda tx: tx.execute(f"SELECT {', '.join(columns)} FROM {name} ORDER BY 1").fetchall()  # noqa: S608 - our names
        )

    def shown(self, **who):
        return list(ask(self.socket, "roster-show", **who))


@contextlib.contextmanager
def box(folder: Path, **settings) -> Iterator[Box]:
    made = Box(folder, **settings)
    server = Server(made.socket, handlers={**made.desk.handlers(), "users": lambda _wish: [{"is_anybody": False}]})
    server.start()
    try:
        yield made
    finally:
        server.stop()
        made.journal.close()
