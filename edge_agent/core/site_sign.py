"""
What the QR code on a site's poster says: which site, since when, signed by whoever printed it. Believes nothing.

For a worker's telephone or the integrator's page: it tells that the poster is the site's own. It is no badge, and the
gate refuses it.
"""

from dataclasses import dataclass

from edge_agent.core.signed_text import KEY_ID_BYTES, SignedText, parsed, signed

KIND = "EAS1"
SITE_MAX_BYTES = 80


class NotASiteSign(ValueError):
    """That text is no site's sign. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSign:
    """What is written on a poster, and signed."""

    key_id: bytes
    issued_s: int
    """When: seconds since 1970, UTC."""
    site: str
    """The site's id, as in events."""

    def __post_init__(self) -> None:
        """
        Keep what a text can hold.

        Raises:
            ValueError: Something does not fit.

        """
        fits = len(self.key_id) == KEY_ID_BYTES and 0 <= self.issued_s < 2**32
        if not fits or not 1 <= len(self.site.encode()) <= SITE_MAX_BYTES:
            raise ValueError(f"a site's id on a poster has 1 to {SITE_MAX_BYTES} bytes, its date lies before 2106")


def to_sign(sign: SiteSign) -> bytes:
    """Return what the issuer signs."""
    return signed(KIND, _body(sign))


def written(sign: SiteSign, signature: bytes) -> str:
    """Return the sign's text."""
    return SignedText(kind=KIND, body=_body(sign), signature=signature).text


def read(text: str) -> tuple[SiteSign, SignedText]:
    """
    Return what a poster says, and the signature to check.

    Raises:
        NotASiteSign: The text is none.

    """
    try:
        found = parsed(KIND, text)
        body = found.body
        sign = SiteSign(
            key_id=body[:KEY_ID_BYTES],
            issued_s=int.from_bytes(body[KEY_ID_BYTES : KEY_ID_BYTES + 4]),
            site=body[KEY_ID_BYTES + 4 :].decode(),
        )
    except ValueError as exc:
        raise NotASiteSign(str(exc)) from exc
    return sign, found


def _body(sign: SiteSign) -> bytes:
    return sign.key_id + sign.issued_s.to_bytes(4) + sign.site.encode()
