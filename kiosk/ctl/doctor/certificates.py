"""The certificates on this kiosk: are they there, are they certificates, how long do they last?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.core.config import Sync
from kiosk.ctl.doctor.finding import Finding, fault, ok, warning
from kiosk.ctl.doctor.seen import Seen

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

SOON = timedelta(days=30)
RESTART = "systemctl restart kioskd"
RENEW = {
    "authority": "ask whoever runs the broker for the authority's new certificate and put it there",
    "certificate": "have this kiosk's request (device.csr) signed anew and put the certificate there",
}


def certificates(seen: Seen, sync: Sync) -> Iterator[Finding]:
    """What `ca_file` and `cert_file` name."""
    for part, name in (("authority", sync.ca_file), ("certificate", sync.cert_file)):
        if name:
            yield _one(part, seen.path(name))


def load_certificate(raw: bytes) -> Certificate:
    """A certificate in PEM or DER. Raises `ValueError`."""
    from cryptography import x509

    return (
        x509.load_pem_x509_certificate(raw) if b"-----BEGIN" in raw else x509.load_der_x509_certificate(raw)
    )


def put_there(path: Path) -> str:
    """The command that puts a certificate, lying in the present folder, where it belongs."""
    return f"install -m 644 {shlex.quote(path.name)} {shlex.quote(str(path))} && {RESTART}"


def _one(part: str, path: Path) -> Finding:
    try:
        ends = load_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "this is no certificate in PEM"
        return fault(part, f"{path}: {why}", RENEW[part], put_there(path))
    left = ends - datetime.now(UTC)
    if left <= timedelta(0):
        return fault(part, f"{path} ended on {ends:%Y-%m-%d}", RENEW[part], put_there(path))
    if left < SOON:
        return warning(part, f"{path} ends on {ends:%Y-%m-%d}", RENEW[part], put_there(path))
    return ok(part, f"{path.name} lasts {left.days} days more")
