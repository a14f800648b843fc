"""A certificate authority for one test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority of our own."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Dinas CA")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name).issuer_name(self._name).public_key(self._key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        self.file = root / "ca.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def own(self, name: str, days: tuple[int, int], serial: int = 100) -> dict[str, str]:
        """Make (again) the certificate of a kiosk; the settings that name it."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name).public_key(key.public_key()).serial_number(serial)
            .not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        (self._root / "own.key").write_bytes(_pem_of(key))
        (self._root / "own.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return {"cert_file": str(self._root / "own.pem"), "key_file": str(self._root / "own.key")}

    def revoke(self, *serials: int) -> Path:
        """The list of revoked certificates."""
        now = datetime.now(UTC)
        revoked = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name).last_update(now - timedelta(1)).next_update(now + timedelta(1))
        )  # fmt: skip
        for serial in serials:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - timedelta(1))
            revoked = revoked.add_revoked_certificate(one.build())
        path = self._root / "revoked.pem"
        path.write_bytes(revoked.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def certify(self, name: str, days: tuple[int, int]) -> str:
        """Make `server.pem` for `name`, valid between two days from now; Mosquitto's settings for it."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([])).issuer_name(self._name).public_key(key.public_key())
            .serial_number(2)
            .not_valid_before(now + timedelta(days[0])).not_valid_after(now + timedelta(days[1]))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip
        (self._root / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self._root / "server.key").write_bytes(_pem_of(key))
        return f"certfile {self._root / 'server.pem'}\nkeyfile {self._root / 'server.key'}"


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
