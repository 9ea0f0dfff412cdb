"""A certificate authority for the laboratory: ECDSA P-256, thrown away with its folder. Never for a site."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """When a certificate is good, seen from now."""

    begins: timedelta = -DAY
    ends: timedelta = 30 * DAY


VALID = Validity()
EXPIRED = Validity(begins=-30 * DAY, ends=-DAY)
NOT_YET = Validity(begins=DAY, ends=30 * DAY)


class Authority:
    """Signs certificates for brokers and boxes."""

    def __init__(self, folder: Path, *, name: str = "Laboratory CA") -> None:
        """Make the authority's own certificate in this folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        unsigned = _unsigned(self._name, self._name, self._key.public_key(), VALID)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        unsigned = unsigned.add_extension(_usage(is_authority=True), critical=True)
        self.file = folder / "ca.pem"
        """What clients and brokers pin."""
        self.file.write_bytes(_pem(unsigned.sign(self._key, hashes.SHA256())))

    def server(self, *names: str, validity: Validity = VALID) -> Pair:
        """Return a broker's certificate for these names and addresses; for this machine if none is given."""
        wanted = names or ("localhost", "127.0.0.1", "::1")
        return self._issue(wanted[0], [_general(name) for name in wanted], ExtendedKeyUsageOID.SERVER_AUTH, validity)

    def client(self, name: str, *, validity: Validity = VALID) -> Pair:
        """Return the certificate of a box or receiver; its common name is the name."""
        return self._issue(name, [x509.DNSName(name)], ExtendedKeyUsageOID.CLIENT_AUTH, validity)

    def _issue(self, name: str, also: list[x509.GeneralName], use: x509.ObjectIdentifier, validity: Validity) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _unsigned(_named(name), self._name, key.public_key(), validity)
        unsigned = unsigned.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        unsigned = unsigned.add_extension(_usage(is_authority=False), critical=True)
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        unsigned = unsigned.add_extension(x509.SubjectAlternativeName(also), critical=False)
        unsigned = unsigned.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.cert.write_bytes(_pem(unsigned.sign(self._key, hashes.SHA256())))
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(_private(key))
        return pair


def _unsigned(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, validity: Validity
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + validity.begins)
        .not_valid_after(now + validity.ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
