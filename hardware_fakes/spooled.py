"""A box's spool without the box, with as many events as wanted, and the office that a stick is carried to."""

from pathlib import Path

from edge_agent.portable.export import Exported, export
from edge_agent.portable.frames import Header
from edge_agent.portable.source import Source
from edge_agent.receiver.delivery import Delivered, Delivery
from edge_agent.receiver.store import Store
from edge_agent.signing import SigningKey
from hardware_fakes.clock import FakeClock
from hardware_fakes.history import History
from spool.journal import Journal
from spool.transaction import Transaction

BOX_KEY, OFFICE_KEY = SigningKey(b"b" * 32), SigningKey(b"r" * 32)


class Spooled:
    """A folder with a spool and the box's key."""

    def __init__(self, folder: Path, events: int = 0, gateway: str = "gw-1") -> None:
        """Make the folder and commit so many events."""
        folder.mkdir(exist_ok=True, parents=True)
        (folder / "signing.key").write_bytes(b"b" * 32)
        self.path = folder / "spool.db"
        with Journal(self.path) as journal:
            self.history = History(gateway, journal.epoch)
        self.grow(events)

    def grow(self, events: int) -> "Spooled":
        """Commit so many more."""
        first = len(self.history.bodies) + 1

        def append(tx: Transaction) -> None:
            for seq in range(first, first + events):
                tx.append(self.history.append(boot_ms=seq), seq=seq, recorded_utc_ns=None)

        with Journal(self.path) as journal:
            journal.write(append)
        return self

    def export(self, file: Path, after: int = 0) -> Exported:
        """Write an export file."""
        with Source(self.path) as source:
            header = Header(
                gateway=self.history.gateway,
                epoch=source.epoch,
                key=BOX_KEY.public,
                after=after,
                upto=source.upto,
                gen=source.generation,
                made="2026-11-24T08:00:00.000+09:00",
            )
            return export(source, file, header=header, key=BOX_KEY)


def deliver(store: Store, file: Path) -> Delivered:
    """Let the office take a file, all of it."""
    delivery = Delivery(file, store=store, clock=FakeClock(), key=OFFICE_KEY)
    while delivery.step() is not None:
        pass
    return delivery.done
