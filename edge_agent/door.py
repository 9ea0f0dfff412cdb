"""The way in while epochs come and go: to the intake that runs now, or to a plain no. Decides nothing."""

from collections.abc import Callable
from typing import TypeVar

from drivers.contract import Answer, AnswerKind, Sighting
from edge_agent.clock import Clock
from edge_agent.core.message import Receipt
from edge_agent.intake import Intake
from edge_agent.uplink.link import LinkStatus, Uplink
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.transaction import Transaction

T = TypeVar("T")

NOT_SAVED = Answer(kind=AnswerKind.NOT_SAVED)


class Door:
    """What readers and status hold on to, whatever becomes of the spool. From any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind: tuple[Intake, Uplink, Journal] | None = None
        self.shut("the spool is not open yet")

    def open(self, intake: Intake, uplink: Uplink, journal: Journal) -> None:
        """Let touches in."""
        self._behind = intake, uplink, journal
        self.trouble = ""

    def shut(self, why: str) -> None:
        """Answer "not saved" from now on, and say why. A touch on its way ends at the journal, which is closed next."""
        now_ns = self._clock.boot_ns()
        self.trouble = why
        """Why nothing is saved; empty while the door is open."""
        self._away = LinkStatus(receipt="", since_ns=now_ns, ticked_ns=now_ns, error=why)
        self._behind = None

    def record(self, sighting: Sighting) -> Answer:
        """Return what to tell the worker: green only when the touch is on disk (I0)."""
        behind = self._behind
        return behind[0].record(sighting) if behind else NOT_SAVED

    def commit(self, work: Callable[[Transaction, str], T]) -> T:
        """
        Run the work in one transaction, given the epoch's name; what it appends is sent at once.

        Raises:
            SpoolUnavailable: Nothing was committed. The message says why.

        """
        behind = self._behind
        if behind is None:
            raise SpoolUnavailable(self.trouble)
        _, uplink, journal = behind
        done = journal.write(lambda tx: work(tx, journal.epoch))
        uplink.wake()
        return done

    @property
    def epoch(self) -> str:
        """The epoch of the spool behind it; empty while there is none."""
        behind = self._behind
        return behind[2].epoch if behind else ""

    def offer(self, receipt: Receipt) -> None:
        """Hand a receipt that came another way than from the broker to the uplink; drop it while there is none."""
        if behind := self._behind:
            behind[1].offer_receipt(receipt)

    @property
    def is_refusing(self) -> bool:
        """Whether touches are not saved now."""
        behind = self._behind
        return behind[2].is_refusing if behind else True

    def status(self) -> LinkStatus:
        """Return how the uplink stands, or why there is none."""
        behind = self._behind
        return behind[1].status() if behind else self._away
