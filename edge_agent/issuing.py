"""Make badges, and the site's sign, with the key that signs them. Asks no clock, and prints nothing."""

import secrets
from datetime import date, timedelta

from edge_agent.core import badge, site_sign
from edge_agent.core.badge import SERIAL_BYTES, BadgeData
from edge_agent.core.signed_text import key_id
from edge_agent.core.site_sign import SiteSign
from edge_agent.holders import Holder
from edge_agent.paper.badge import PrintedBadge
from edge_agent.signing import SigningKey


def issue(holder: Holder, *, key: SigningKey, issued_s: int, today: date, valid_days: int, site: str) -> PrintedBadge:
    """
    Return a new badge.

    Raises:
        ValueError: The worker's id does not fit on one, or the dates are out of bounds.

    """
    data = BadgeData(
        key_id=key_id(key.public),
        serial=secrets.token_bytes(SERIAL_BYTES),
        issued_s=issued_s,
        last_day=today + timedelta(days=valid_days),
        worker=holder.worker,
    )
    return PrintedBadge(
        text=badge.written(data, _signed(key, badge.to_sign(data))),
        name=holder.name,
        company=holder.company,
        worker=holder.worker,
        last_day=data.last_day.isoformat(),
        serial=data.serial.hex(),
        site=site,
    )


def sign_site(site: str, *, key: SigningKey, issued_s: int) -> str:
    """
    Return the text of a site's poster.

    Raises:
        ValueError: The site's id is too long for one.

    """
    sign = SiteSign(key_id=key_id(key.public), issued_s=issued_s, site=site)
    return site_sign.written(sign, _signed(key, site_sign.to_sign(sign)))


def _signed(key: SigningKey, text: bytes) -> bytes:
    return bytes.fromhex(key.sign(text))
