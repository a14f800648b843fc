"""Certificates for the planted faults: an authority that signs what it is told."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

YEAR = 365


class Authority:
    """Signs certificates for one address, as good or as bad as a test wants them."""

    def __init__(self, name: str) -> None:
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())

    def pem(self, last_day: int = YEAR) -> bytes:
        """The authority's own certificate."""
        built = self._built(self._name, self._key.public_key(), (-YEAR, last_day)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def certify(self, folder: Path, address: str, days: tuple[int, int] = (-1, YEAR)) -> None:
        """Write `server.pem` and `server.key` for `address`, good between two days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        built = self._built(x509.Name([]), key.public_key(), days).add_extension(names, critical=True)
        signed = built.sign(self._key, hashes.SHA256())
        (folder / "server.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (folder / "server.key").write_bytes(key.private_bytes(*pem))

    def _built(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: tuple[int, int]
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
        )  # fmt: skip
