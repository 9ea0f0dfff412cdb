"""Judge a certificate by its dates, as far as this box knows the date. Not by its chain and name: OpenSSL does that."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from edge_agent.clock import system_utc_ns
from edge_agent.core.calendar import rfc3339
from edge_agent.core.dating import is_known
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Stamp, Trust
from edge_agent.uplink.reasons import CertificateDate

AGREE_NS = 5 * NS_PER_S
"""The machine's wall clock is as good as ours within this: OpenSSL, which knows no other, may judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What the box knows of the date."""

    at: Stamp
    known_utc_ns: int
    """It is certainly later than this, whatever the clock says."""

    @property
    def is_told(self) -> bool:
        """Whether the clock can be believed so far that a certificate can be judged by it."""
        # A battery that stands before a time already known has run empty.
        is_stale = self.at.trust is Trust.RTC and self.at.utc_ns < self.known_utc_ns
        return self.at.is_dated and not is_stale

    @property
    def is_systems(self) -> bool:
        """Whether the machine's own wall clock says the same."""
        return self.is_told and abs(system_utc_ns() - self.at.utc_ns) <= AGREE_NS

    @property
    def blame(self) -> str:
        """Say who is at fault if a certificate is not valid now: clock or certificate."""
        now = rfc3339(self.at.utc_ns)[:16]
        if is_known(self.at.trust):
            return f"and it is {now} by {self.at.trust}: the certificate is at fault, not this box's clock; renew it"
        return (
            f"but this box's clock ({now}) is kept by a battery and nobody has checked it: "
            "set the clock or let the box reach a time server; only then look at the certificate"
        )


def judge(where: str, certificate: Mapping[str, object], today: Today) -> None:
    """
    Let the broker's certificate pass, if it is valid today as far as the box knows.

    Raises:
        CertificateDate: It is not. The message says whether clock or certificate is at fault.

    """
    begins_ns, ends_ns = (_ns(certificate.get(name)) for name in ("notBefore", "notAfter"))
    if not today.is_told:
        if ends_ns < today.known_utc_ns:
            known = rfc3339(today.known_utc_ns)[:16]
            raise CertificateDate(
                f"{where}: the broker's certificate has run out on {_day(ends_ns)}. This box does not know the date, "
                f"but it is later than {known}: the certificate is at fault, not the clock; renew it"
            )
        return
    err_ns = (today.at.err_ms or 0) * NS_PER_MS
    if today.at.utc_ns + err_ns < begins_ns:
        raise CertificateDate(
            f"{where}: the broker's certificate is valid only from {_day(begins_ns)} on, {today.blame}"
        )
    if today.at.utc_ns - err_ns > ends_ns:
        raise CertificateDate(f"{where}: the broker's certificate has run out on {_day(ends_ns)}, {today.blame}")


def _ns(text: object) -> int:
    return ssl.cert_time_to_seconds(str(text)) * NS_PER_S


def _day(utc_ns: int) -> str:
    return rfc3339(utc_ns)[:10]
