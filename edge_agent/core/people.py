"""Companies, credentials and sites as the roster knows them. Workers stand in core.touch. Looks nothing up."""

from dataclasses import dataclass

from edge_agent.core.touch import CredentialRef, WorkerId

KINDS = ("card", "phone", "qr", "face")
STATES = ("active", "lost", "replaced")
LEVELS = ("white", "blue", "silver", "gold")
"""CCUS card colours, from 初級 to 高度なマネジメント."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A contractor on the site."""

    id: str
    """事業者ID, or the prime's own number of it."""
    name: str = ""
    tier: int | None = None
    """0: the prime, 1: first-tier subcontractor, and so on."""
    parent: str = ""
    """The company it works for."""
    is_sole: bool = False
    """一人親方."""
    is_registered: bool | None = None
    """In CCUS."""
    ccus: str = ""
    """事業者ID, 14 digits."""
    kentaikyo: str = ""
    """共済契約者番号."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a worker shows. Several workers may share a telephone."""

    ref: CredentialRef
    worker: WorkerId
    kind: str = "card"
    state: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A construction site, as far as somebody has told the box."""

    id: str
    """As in events."""
    ccus: str = ""
    """現場ID, 14 digits; empty until it is known."""
    name: str = ""
    valid_from: str = ""
    """就業履歴蓄積期間: ISO dates, empty where not told."""
    valid_to: str = ""
    prime: str = ""
    contract_yen: int | None = None
    place: str = ""
    parent: str = ""
    """The wide-area site (広域現場) it is part of."""
