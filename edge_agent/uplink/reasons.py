"""Why a broker does not take us, in our words: lost comes back by itself, refused needs somebody, taken is an alarm."""

UNSUPPORTED_PROTOCOL = 0x84
SESSION_TAKEN = 0x8E
BUSY = frozenset({0x89, 0x97, 0x9F})
"""Server busy, quota exceeded, connection rate exceeded: come back much later."""
FORBIDDEN = frozenset({0x85, 0x86, 0x87, 0x8A, 0x8C, 0x9C, 0x9D})
"""Client identifier, password, authorization, ban, method, other server: trying harder changes nothing."""
USE_ANOTHER, MOVED = 0x9C, 0x9D
"""Another server for now, or for good."""
FAILED = 0x80
"""Reason codes from here on are refusals."""
BUSY_FACTOR = 4.0


class BrokerError(Exception):
    """The broker cannot be used now. The message says what, where and what to do."""

    def __init__(self, message: str, *, code: int | None = None, slow_factor: float = 1.0) -> None:
        super().__init__(message)
        self.code = code
        """The MQTT 5 reason code; None where the broker gave none."""
        self.slow_factor = slow_factor
        """How much longer than usual to wait before the next try."""


class BrokerLost(BrokerError):
    """It comes back by itself: try again with full jitter."""


class BrokerClosed(BrokerLost):
    """The broker, or something on the way, ended the connection: perhaps over what we had just sent."""


class BrokerMoved(BrokerLost):
    """It names another server; which is followed, if at all, by whoever connects."""

    def __init__(self, message: str, *, code: int, reference: str) -> None:
        super().__init__(message, code=code)
        self.reference = reference
        """As the broker says it: `name`, `name:port` or several of them."""


class BrokerRefused(BrokerError):
    """Somebody must act: certificate, name, permission. Tried again slowly."""


class CertificateDate(BrokerRefused):
    """A certificate is not valid today. Either it has run out, or this box has the wrong date: that heals by itself."""


class SessionTaken(BrokerError):
    """Another box has our identity. Stop and raise an alarm; never fight."""


def ended(where: str, code: int, *, said: str, reference: str = "") -> BrokerError:
    """Return the error for a connection the broker refused or ended with this reason code."""
    if code in {USE_ANOTHER, MOVED} and reference:
        return BrokerMoved(f"{where}: the broker sends us on to {reference[:100]}", code=code, reference=reference)
    if code == SESSION_TAKEN:
        return SessionTaken(
            f"{where}: another client has connected with our identity; was this box's disk copied? "
            "Give one of the two a certificate and a name of its own, then restart the agent",
            code=code,
        )
    if code in FORBIDDEN:
        return BrokerRefused(
            f"{where}: the broker refuses us: {said} (0x{code:02X}); "
            "check its access rules and that our certificate carries the gateway's name",
            code=code,
        )
    if code in BUSY:
        return BrokerLost(f"{where}: the broker is too busy: {said} (0x{code:02X})", code=code, slow_factor=BUSY_FACTOR)
    return BrokerClosed(f"{where}: the broker ended the connection: {said} (0x{code:02X})", code=code)
