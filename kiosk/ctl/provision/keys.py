"""The key a kiosk shows a broker, and the request to have it certified (PKCS #10, RFC 2986)."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.ctl.provision.applying import Place
from kiosk.ctl.provision.rendering import Plan, Rendered

MOST_NAME = 64  # ub-common-name, RFC 5280 appendix A


def device_key(plan: Plan, place: Place) -> tuple[ec.EllipticCurvePrivateKey, Rendered | None]:
    """The kiosk's key, and its file when it has to be made. Raises `OSError`, `ValueError`."""
    path = place.of(plan.key_file)
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path} holds another kind of key; move it away")
        return key, None
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key, Rendered(plan.key_file, key.private_bytes(*pem), secret=True)


def request(plan: Plan, place: Place, key: ec.EllipticCurvePrivateKey) -> Rendered | None:
    """The request to be written; None when the one that is there still says the same."""
    device = plan.config.device
    common = f"{device.tenant}/{device.id}"
    path = place.of(plan.request)
    if path.exists() and _says(path.read_bytes(), common, key):
        return None
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common[:MOST_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, plan.config.site.name[:MOST_NAME]),
        ]
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    built = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(usage, critical=False)
    return Rendered(plan.request, built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _says(raw: bytes, common: str, key: ec.EllipticCurvePrivateKey) -> bool:
    try:
        found = x509.load_pem_x509_csr(raw)
    except ValueError:
        return False
    names = [name.value for name in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return names == [common[:MOST_NAME]] and found.public_key() == key.public_key()
