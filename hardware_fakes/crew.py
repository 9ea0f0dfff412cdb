"""People the intake knows without a ledger: for tests of everything else."""

from collections.abc import Callable
from datetime import date

from drivers.contract import Sighting
from edge_agent.core.claim import Claim
from edge_agent.core.reason import Reason, Weight
from edge_agent.core.touch import CredentialRef, Person, Stamp
from spool.transaction import Transaction


class Known:
    """Whoever `who` knows, by the reference `ref` makes of a token. Everybody else is unknown, and waits."""

    def __init__(self, who: Callable[[CredentialRef], Person], ref: Callable[[bytes], CredentialRef]) -> None:
        self._who = who
        self._ref = ref

    def identify(self, _tx: Transaction, sighting: Sighting, _at: Stamp, *, site: str, day: date | None) -> Claim:  # noqa: ARG002 - nothing depends on them here
        """Return who that is."""
        person = self._who(self._ref(sighting.token))
        return Claim(person=person, findings=() if person.worker else ((Reason.UNKNOWN, Weight.WAIT),))
