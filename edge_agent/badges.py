"""Whether a QR badge is to be believed: by its signature, and by what this box knows of it. Decides no coming or going.

Everything the box remembers of badges is in the ledger, within the touch's own transaction: a touch that was not saved
has not been anywhere.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from drivers.contract import Sighting
from edge_agent.core import badge
from edge_agent.core.badge import BadgeData, NotABadge
from edge_agent.core.calendar import site_day
from edge_agent.core.claim import Badge
from edge_agent.core.credential import credential_ref
from edge_agent.core.reason import Findings, Reason, Weight
from edge_agent.core.signed_text import key_id
from edge_agent.core.touch import CredentialRef, Stamp
from edge_agent.ledger import badges as ledger
from edge_agent.signing import is_signed
from spool.transaction import Transaction

KIND = "badge"
"""What a badge's reference is made under, beside its serial."""


def serial_ref(key: bytes, serial: bytes) -> CredentialRef:
    """Return what stands for a badge outside the reader."""
    return credential_ref(key, serial, KIND)


class SignedBadges:
    """Badges signed by one of the keys believed here: `edge_agent.identity.Badges`."""

    def __init__(self, *, key: bytes, believed: Sequence[str], cut_off_min: int, travel_ns: int) -> None:
        """
        Know whom to believe.

        Args:
            key: Turns serials into references.
            believed: Public keys, hex.
            cut_off_min: When the site's day begins, in minutes after midnight in Japan.
            travel_ns: What a badge needs at least from one reader of this box to another.

        """
        self._key = key
        self._believed = {(key_id(public), public) for public in believed}
        self._cut_off_min = cut_off_min
        self._travel_ns = travel_ns

    def is_one(self, token: bytes) -> bool:
        """Whether this text claims to be a badge of ours."""
        return badge.claims(token)

    def check(self, tx: Transaction, sighting: Sighting, at: Stamp) -> Badge:
        """Return what the badge says, and why it is not to be believed."""
        data = self._genuine(sighting.token)
        if data is None:
            # Not under the serial it claims: a forgery must not speak for the badge it imitates.
            ref = credential_ref(self._key, sighting.token, sighting.medium.value)
            return Badge(ref=ref, worker=None, findings=((Reason.NOT_GENUINE, Weight.REFUSE),))
        ref = serial_ref(self._key, data.serial)
        ledger.note_genuine(tx, ref, worker=data.worker, issued_s=data.issued_s)
        day = site_day(at, cut_off_min=self._cut_off_min)
        wrong = [*_standing(tx, ref, data, day), *self._copied(tx, ref, sighting, at)]
        if not wrong:
            ledger.note_let_in(tx, ref, reader=sighting.reader, boot=at.boot, boot_ns=at.boot_ns)
        findings: Findings = tuple((reason, Weight.REFUSE) for reason in wrong)
        return Badge(ref=ref, worker=data.worker, findings=findings)

    def _genuine(self, token: bytes) -> BadgeData | None:
        try:
            data, found = badge.read(token.decode())
        except (NotABadge, UnicodeDecodeError):
            return None
        keys = (public for name, public in self._believed if name == data.key_id)
        signature = found.signature.hex()
        return data if any(is_signed(found.signed, key=key, signature=signature) for key in keys) else None

    def _copied(self, tx: Transaction, ref: CredentialRef, sighting: Sighting, at: Stamp) -> Iterator[Reason]:
        last = ledger.met(tx, ref)
        # Only within one boot: no clock measures seconds across two. Either way round: threads may overtake each other.
        if (
            last
            and last.reader not in {"", sighting.reader}
            and last.boot == at.boot
            and abs(at.boot_ns - last.boot_ns) < self._travel_ns
        ):
            yield Reason.COPIED


def _standing(tx: Transaction, ref: CredentialRef, data: BadgeData, day: date | None) -> Iterator[Reason]:
    known = ledger.met(tx, ref)
    if (known and known.is_revoked) or data.issued_s <= ledger.revoked_upto_s(tx, data.worker):
        yield Reason.REVOKED
    if data.issued_s < ledger.newest_s(tx, data.worker):
        yield Reason.REPLACED
    # While the date is not known nothing can have expired: a worker does not pay for the box's clock.
    if day is not None and day > data.last_day:
        yield Reason.EXPIRED
