"""TLS to the broker: 1.3 at least, its authority pinned, our own certificate. Never falls back to plain."""

import socket
import ssl

from edge_agent.uplink.reasons import BrokerClosed, BrokerError, BrokerLost, BrokerRefused, CertificateDate

# X509_V_ERR_*: what OpenSSL found wrong with the broker's certificate.
NOT_YET_VALID, HAS_EXPIRED = 9, 10
WRONG_NAME, WRONG_ADDRESS = 62, 64

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


def context(*, ca_file: str, cert_file: str, key_file: str) -> ssl.SSLContext:
    """
    Return what a connection needs. The files are read anew each time: a renewed certificate needs no restart.

    Raises:
        BrokerRefused: A file is missing, cannot be read, or is not what it should be.

    """
    if not ca_file:
        raise BrokerRefused("broker.ca_file is not set: without it nobody can tell the broker from an impostor")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.sslsocket_class = _ClosedOnFailure
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


def explain(where: str, exc: OSError) -> BrokerError:
    """Return our error for what a connection attempt raised."""
    match exc:
        case ssl.SSLCertVerificationError():
            return _untrusted(where, exc)
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


def _untrusted(where: str, exc: ssl.SSLCertVerificationError) -> BrokerError:
    match exc.verify_code:
        case code if code == NOT_YET_VALID:
            return CertificateDate(f"{where}: the broker's certificate is not valid yet; is this box's date right?")
        case code if code == HAS_EXPIRED:
            return CertificateDate(
                f"{where}: the broker's certificate has run out; renew it, if this box's date is right"
            )
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


class _ClosedOnFailure(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed: this one closes itself."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature is SSLSocket's
        """Shake hands, or close."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise
