"""The intake as the daemon builds it, on any journal, without a reader: what benchmarks knock on."""

from collections.abc import Callable

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.clock import SystemClock
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import CredentialRef, Person, Worker, WorkerId
from edge_agent.intake import Intake, SiteRules
from hardware_fakes.crew import Known
from spool.journal import Journal

WORKERS = 500
READER = ReaderName("gate-1")


class Everybody:
    """A roster that knows every card: each is a worker's own."""

    def who(self, card: CredentialRef) -> Person:
        number = int(card[5:18], 16) % 10**14
        return Person(credential=card, worker=Worker(id=WorkerId(f"{number:014d}"), name="x"))


def door(journal: Journal) -> Callable[[int], None]:
    """Return what records a touch of the worker with that number; each comes, and goes, and comes again."""
    clock = SystemClock(host_keeps_time=True)
    intake = Intake(
        journal=journal,
        clock=clock,
        identities=Known(Everybody().who, lambda token: credential_ref(b"key", token)),
        rules=SiteRules(
            gateway="gw-1",
            site="13-0042",
            policy=Policy(repeat_window_ns=0),
            cut_off_min=240,
            roles={READER: Role.TOGGLE},
        ),
        committed=lambda _: None,
    )

    def record(number: int) -> None:
        token = (number % WORKERS).to_bytes(8, "big")
        sighting = Sighting(
            reader=READER, medium=Medium.CARD, token=token, technology="felica", seen_ns=clock.boot_ns()
        )
        if intake.record(sighting).kind is AnswerKind.NOT_SAVED:
            raise RuntimeError("not saved")

    return record
