"""What a credential claims: whose it is, and what there is to say about it. Decides nothing about coming and going."""

from dataclasses import dataclass

from edge_agent.core.reason import Findings
from edge_agent.core.touch import CredentialRef, Person, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who somebody is, as far as the box knows."""

    person: Person
    findings: Findings = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a signed badge says of itself, once it was checked."""

    ref: CredentialRef
    worker: WorkerId | None
    """None where the badge is not to be believed at all."""
    findings: Findings = ()
