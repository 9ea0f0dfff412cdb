"""Who shows that credential, and what the site's rules say of them: by the ledger, within the touch's transaction."""

from datetime import date
from typing import Protocol

from drivers.contract import Medium, Sighting
from edge_agent.core.claim import Badge, Claim
from edge_agent.core.credential import credential_ref
from edge_agent.core.reason import Findings, Reason, Weight
from edge_agent.core.rules import Rules
from edge_agent.core.touch import Person, Stamp
from edge_agent.ledger import people
from edge_agent.ledger.people import Held
from spool.transaction import Transaction

_STATE = {"lost": Reason.LOST, "replaced": Reason.REPLACED}


class Badges(Protocol):
    """Who knows a signed badge."""

    def is_one(self, token: bytes) -> bool:
        """Whether this text claims to be a badge of ours."""
        ...

    def check(self, tx: Transaction, sighting: Sighting, at: Stamp) -> Badge:
        """Return what the badge says, and why it is not to be believed."""
        ...


class Book:
    """Everybody the box knows."""

    def __init__(self, *, key: bytes, rules: Rules, badges: Badges | None = None) -> None:
        self._key = key
        self._rules = rules
        self._badges = badges

    def identify(self, tx: Transaction, sighting: Sighting, at: Stamp, *, site: str, day: date | None) -> Claim:
        """Return who that is."""
        if sighting.medium is Medium.QR and self._badges and self._badges.is_one(sighting.token):
            return self._by_badge(tx, self._badges.check(tx, sighting, at), site, day)
        by_phone: Findings = ((Reason.PHONE, Weight.WAIT),) if sighting.medium is Medium.PHONE else ()
        if not sighting.token:
            return Claim(person=Person(credential=None), findings=((Reason.WITHHELD, Weight.WAIT), *by_phone))
        ref = credential_ref(self._key, sighting.token, sighting.medium.value)
        held = people.holders(tx, ref)
        active = [each for each in held if each.state == "active"]
        if len(active) > 1:
            shared = Person(credential=ref, is_shared=True)
            return Claim(person=shared, findings=((Reason.COMPANION, Weight.WAIT), *by_phone))
        if not active:
            owner = held[0].worker if held else None
            return Claim(
                person=Person(credential=ref, worker=owner), findings=(*self._strange(sighting, held), *by_phone)
            )
        person = Person(credential=ref, worker=active[0].worker)
        return Claim(person=person, findings=(*by_phone, *self._standing(tx, active[0], site, day)))

    def _standing(self, tx: Transaction, held: Held, site: str, day: date | None) -> Findings:
        return self._rules.findings(held.worker, held.company, people.site(tx, site), day)

    def _by_badge(self, tx: Transaction, badge: Badge, site: str, day: date | None) -> Claim:
        known = people.worker(tx, badge.worker) if badge.worker else None
        if known is None:
            unknown = () if badge.findings else self._rules.of_unknown()
            return Claim(person=Person(credential=badge.ref), findings=(*badge.findings, *unknown))
        worker, company = known
        held = Held(kind="qr", state="active", worker=worker, company=company)
        person = Person(credential=badge.ref, worker=worker)
        return Claim(person=person, findings=(*badge.findings, *self._standing(tx, held, site, day)))

    def _strange(self, sighting: Sighting, held: list[Held]) -> Findings:
        if held:
            return ((_STATE.get(held[0].state, Reason.LOST), Weight.REFUSE),)
        # A QR code without a signature can be anybody's drawing; a card nobody has named yet is somebody's.
        if sighting.medium is Medium.QR:
            return ((Reason.NOT_GENUINE, Weight.REFUSE),)
        return self._rules.of_unknown()
