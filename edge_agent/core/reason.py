"""Why a touch is refused, waits for somebody, or is worth a look. Words for people stand in words.answers."""

import enum
from typing import Literal


class Reason(enum.StrEnum):
    """What is remarkable about a touch. On the wire under `because`; readers take one they do not know as it is."""

    # ---- who
    UNKNOWN = "unknown"
    """Nobody has said yet whose credential that is."""
    WITHHELD = "withheld"
    """The caller did not show a number."""
    COMPANION = "companion"
    """The telephone, or card, is that of several workers."""
    # ---- how
    PHONE = "phone"
    """A call names a telephone, not a person."""
    HAND = "hand"
    """Somebody typed it."""
    LOST = "lost"
    REPLACED = "replaced"
    """There is a newer card or badge."""
    NOT_GENUINE = "not_genuine"
    """A badge without a signature of ours."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    COPIED = "copied"
    """The same badge was at another gate a moment ago."""
    # ---- what the camera says of who shows the card, by the site's rules
    FACE_DIFFERS = "face_differs"
    FACE_UNSURE = "face_unsure"
    FACE_UNSEEN = "face_unseen"
    """Nobody looked into the camera."""
    FACE_NOT_ENROLLED = "face_not_enrolled"
    FACE_AWAY = "face_away"
    """The camera could not be asked."""
    # ---- the roster's word, by the site's rules
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"
    NO_CCUS = "no_ccus"
    """Not registered as 技能者."""
    NOT_INSURED = "not_insured"
    COMPANY_UNREGISTERED = "company_unregistered"
    COMPANY_UNKNOWN = "company_unknown"
    # ---- where
    OUTSIDE_FENCE = "outside_fence"
    OUTSIDE_PERIOD = "outside_period"
    """Not within the site's 就業履歴蓄積期間."""


class Weight(enum.IntEnum):
    """What a finding does to a touch. The heaviest of all findings counts."""

    WARN = 1
    """Green, and explained on the screen."""
    WAIT = 2
    """Recorded; counts when somebody has named or approved it."""
    REFUSE = 3
    """Recorded as refused; changes nothing."""


Findings = tuple[tuple[Reason, Weight], ...]


def standing(findings: Findings) -> Literal["accepted", "pending", "refused"]:
    """Return `accepted`, `pending` or `refused`."""
    heaviest = max((weight for _, weight in findings), default=None)
    if heaviest is Weight.REFUSE:
        return "refused"
    return "pending" if heaviest is Weight.WAIT else "accepted"


def foremost(findings: Findings) -> Reason | None:
    """Return the reason to show a worker; None if there is nothing to explain."""
    return max(findings, key=lambda found: found[1])[0] if findings else None
