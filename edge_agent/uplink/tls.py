"""TLS to the broker: 1.3 at least, its authority pinned, our own certificate. Never falls back to plain."""

import contextlib
import socket
import ssl

from edge_agent.uplink.dates import Today, judge
from edge_agent.uplink.reasons import BrokerClosed, BrokerError, BrokerLost, BrokerRefused, CertificateDate

# X509_V_ERR_*: what OpenSSL found wrong with the broker's certificate.
NOT_YET_VALID, HAS_EXPIRED = 9, 10
WRONG_NAME, WRONG_ADDRESS = 62, 64
# X509_V_FLAG_NO_CHECK_TIME: chain and name as ever, the dates not at all.
NO_CHECK_TIME = 0x200000

_ALERTS = {
    "CERTIFICATE_REQUIRED": "the broker wants a client certificate; set broker.cert_file and broker.key_file",
    "CERTIFICATE_EXPIRED": "the broker says our certificate has run out; renew it (edge-agent cert)",
    "CERTIFICATE_REVOKED": "the broker says our certificate was revoked; ask for a new one",
    "UNKNOWN_CA": "the broker does not know the authority of our certificate; is it from another installation?",
    "CERTIFICATE": "the broker does not accept our certificate; is it meant for this broker?",
    "PROTOCOL_VERSION": "the broker cannot speak TLS 1.3; update it",
    "WRONG_VERSION_NUMBER": "there is no TLS behind this port; is it the broker's plain port?",
}
"""What to do, by a part of OpenSSL's name for it; the first that fits."""


def context(
    *, ca_file: str, cert_file: str, key_file: str, where: str = "", today: Today | None = None
) -> ssl.SSLContext:
    """
    Return what a connection needs. The files are read anew each time: a renewed certificate needs no restart.

    Args:
        ca_file: Whom to trust.
        cert_file: Our own certificate; empty for none.
        key_file: Its key.
        where: The broker's name in messages.
        today: What the box knows of the date; None where the machine's wall clock is right.

    Raises:
        BrokerRefused: A file is missing, cannot be read, or is not what it should be.

    """
    if not ca_file:
        raise BrokerRefused("broker.ca_file is not set: without it nobody can tell the broker from an impostor")
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.sslsocket_class = _ClosedOnFailure
    if today is not None and not today.is_systems:
        # OpenSSL asks the machine's wall clock, which is wrong: after the handshake we judge by what we know.
        made.verify_flags |= NO_CHECK_TIME
        made.where, made.today = where, today
    try:
        made.load_verify_locations(ca_file)
    except OSError as exc:
        raise _unreadable("broker.ca_file", ca_file, exc) from exc
    if cert_file:
        try:
            # Without the callback OpenSSL would ask for a passphrase on the terminal, and wait.
            made.load_cert_chain(cert_file, key_file or None, password=lambda: "")
        except OSError as exc:
            raise _unreadable("broker.cert_file, broker.key_file", f"{cert_file}, {key_file}", exc) from exc
    return made


def forget_errors() -> None:
    """
    Let this thread begin with a connection that another thread has opened.

    OpenSSL keeps errors for each thread, and takes one that a broken connection left for the next one's. The beginning
    of any handshake forgets them (state_machine in statem.c); that of the connection was in the other thread.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    with contextlib.suppress(ssl.SSLWantReadError):
        made.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO()).do_handshake()


def explain(where: str, exc: OSError, *, today: Today | None = None) -> BrokerError:
    """Return our error for what a connection attempt raised."""
    match exc:
        case ssl.SSLCertVerificationError():
            return _untrusted(where, exc, today)
        case ssl.SSLError():
            return explain_text(where, str(exc))
        case socket.gaierror():
            return BrokerLost(f"{where}: the name cannot be resolved ({exc.strerror}); is there a network, is DNS set?")
        case TimeoutError():
            return BrokerLost(f"{where}: no answer in time; is there a network, does a firewall block the port?")
        case ConnectionRefusedError():
            return BrokerLost(f"{where}: nothing listens there; is the broker running, is the port right?")
        case _:
            return BrokerLost(f"{where}: cannot be reached: {exc}")


def explain_text(where: str, text: str) -> BrokerError:
    """Return our error for OpenSSL's words: in TLS 1.3 a refused client certificate shows only at the first read."""
    found = text.upper().replace(" ", "_")
    for part, advice in _ALERTS.items():
        if part in found:
            kind = CertificateDate if part == "CERTIFICATE_EXPIRED" else BrokerRefused
            return kind(f"{where}: {advice} ({text})")
    return BrokerClosed(f"{where}: the connection ended: {text}")


def _untrusted(where: str, exc: ssl.SSLCertVerificationError, today: Today | None) -> BrokerError:
    match exc.verify_code:
        case code if code == NOT_YET_VALID:
            blame = f", {today.blame}" if today else "; is this box's date right?"
            return CertificateDate(f"{where}: the broker's certificate is not valid yet{blame}")
        case code if code == HAS_EXPIRED:
            blame = f", {today.blame}" if today else "; renew it, if this box's date is right"
            return CertificateDate(f"{where}: the broker's certificate has run out{blame}")
        case code if code in {WRONG_NAME, WRONG_ADDRESS}:
            return BrokerRefused(
                f"{where}: the broker's certificate is for another name ({exc.verify_message}); is broker.host right?"
            )
        case _:
            return BrokerRefused(
                f"{where}: the broker's certificate is not from the authority in broker.ca_file ({exc.verify_message})"
            )


def _unreadable(setting: str, path: str, exc: OSError) -> BrokerRefused:
    if isinstance(exc, ssl.SSLError):
        return BrokerRefused(f"{setting}: {path}: no usable PEM, or key and certificate do not belong together ({exc})")
    return BrokerRefused(f"{setting}: {path}: {exc.strerror}; is the path right, and may the agent read it?")


class _Context(ssl.SSLContext):
    """A context that may know the date better than the machine does."""

    where = ""
    today: Today | None = None


class _ClosedOnFailure(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed: this one closes itself. Nothing is sent before the dates hold."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature is SSLSocket's
        """Shake hands, or close."""
        try:
            super().do_handshake(block)
            if isinstance(self.context, _Context) and self.context.today is not None:
                judge(self.context.where, self.getpeercert() or {}, self.context.today)
        except (OSError, BrokerError):
            self.close()
            raise
