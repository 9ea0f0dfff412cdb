"""The intake as the daemon builds it, on any journal, without a reader: what benchmarks knock on."""

from collections.abc import Callable

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.clock import SystemClock
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential
from edge_agent.core.rules import Rules
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.identity import Book
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger.people import bind, put_worker
from spool.journal import Journal
from spool.transaction import Transaction

WORKERS = 500
READER = ReaderName("gate-1")
KEY = b"key"


def door(journal: Journal) -> Callable[[int], None]:
    """Return what records a touch of the worker with that number; each comes, and goes, and comes again."""
    clock = SystemClock(host_keeps_time=True)
    journal.write(_enter)
    checks = Rules.of({"outside_period": "warn", "no_longer_valid": "warn", "not_yet_valid": "warn"})
    intake = Intake(
        journal=journal,
        clock=clock,
        identities=Book(key=KEY, rules=checks),
        rules=SiteRules(
            gateway="gw-1",
            site="13-0042",
            policy=Policy(repeat_window_ns=0),
            cut_off_min=240,
            roles={READER: Role.TOGGLE},
            checks=checks,
        ),
        committed=lambda _: None,
    )

    def record(number: int) -> None:
        sighting = Sighting(
            reader=READER, medium=Medium.CARD, token=_token(number), technology="felica", seen_ns=clock.boot_ns()
        )
        if intake.record(sighting).kind is AnswerKind.NOT_SAVED:
            raise RuntimeError("not saved")

    return record


def _enter(tx: Transaction) -> None:
    """Every card is a worker's own."""
    for number in range(WORKERS):
        worker = Worker(id=WorkerId(f"{number:014d}"), ccus=f"{number:014d}", name="x")
        put_worker(tx, worker, origin="{}")
        bind(tx, Credential(ref=credential_ref(KEY, _token(number)), worker=worker.id), origin="{}")


def _token(number: int) -> bytes:
    return (number % WORKERS).to_bytes(8, "big")
