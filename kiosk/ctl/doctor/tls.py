"""TLS to the broker: does its certificate hold, for this name, by the authority we trust, today?"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.core.config import Sync
from kiosk.ctl.doctor.certificates import SOON, load_certificate, put_there
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

CONNECT_S = 8.0
# X.509 verification results, RFC 5280 as numbered by OpenSSL.
NOT_YET, EXPIRED, WRONG_NAME = (9,), (10,), (62, 64)


def tls(seen: Seen, sync: Sync) -> Iterator[Finding]:
    """What the broker shows, judged by what the configuration trusts."""
    if not sync.ca_file:
        if sync.port == 8883:
            advice = "port 8883 is the one with TLS: put the authority's certificate there and name it"
            command = seen.set_command("sync.ca_file", "/etc/hadir/ca.pem")
            yield warning("tls", "no ca_file is set: nothing is encrypted", advice, command)
        return
    try:
        shown = _handshake(context_of(seen, sync), sync)
    except ssl.SSLCertVerificationError as error:
        yield _rejected(seen, sync, error.verify_code)
    except (ssl.SSLError, ConnectionError, TimeoutError) as error:
        advice = (
            "is it the port without TLS, or does the broker want a certificate of this kiosk? Set the port"
        )
        command = seen.set_command("sync.port", 8883)
        yield fault("tls", f"{sync.host}:{sync.port} does not speak TLS with us: {error}", advice, command)
    except OSError as error:
        yield unknown("tls", str(error))
    else:
        left = load_certificate(shown).not_valid_after_utc - datetime.now(UTC)
        words = f"the broker is who it says; its certificate lasts {left.days} days more"
        advice = "tell whoever runs the broker to have a new one signed"
        yield ok("tls", words) if left >= SOON else warning("tls", words, advice)


def context_of(seen: Seen, sync: Sync) -> ssl.SSLContext:
    """What kioskd itself trusts and shows. Raises `OSError`."""
    context = ssl.create_default_context(cafile=str(seen.path(sync.ca_file)))
    if sync.cert_file:
        context.load_cert_chain(seen.path(sync.cert_file), seen.path(sync.key_file))
    return context


def _rejected(seen: Seen, sync: Sync, code: int) -> Finding:
    shown = load_certificate(_handshake(_unchecked(), sync))
    if code in EXPIRED:
        return _renew(seen, f"the broker's certificate ended on {shown.not_valid_after_utc:%Y-%m-%d}")
    if code in NOT_YET:
        return _renew(seen, f"the broker's certificate begins on {shown.not_valid_before_utc:%Y-%m-%d}")
    if code in WRONG_NAME:
        names = _names(shown)
        words = f"the broker's certificate is for {', '.join(names)}, not for {sync.host}"
        return fault("tls", words, "use the name it is for", seen.set_command("sync.host", names[0]))
    return _unknown_authority(seen.path(sync.ca_file), shown)


def _renew(seen: Seen, words: str) -> Finding:
    advice = "have a new one signed, put it on the broker and start that anew"
    if seen.status is not None and seen.status.clock.source == "none":
        words += ", if this kiosk's untrusted clock is right"
        advice += "; is the date wrong, mend `clock` first"
    return fault("tls", words, advice, "systemctl restart mosquitto")


def _unknown_authority(ca_file: Path, shown: Certificate) -> Finding:
    ours = load_certificate(ca_file.read_bytes()).subject.rfc4514_string()
    words = f"the broker's certificate is signed by {shown.issuer.rfc4514_string()}; {ca_file} holds {ours}"
    if shown.issuer.rfc4514_string() == ours:
        words += ", the same name with another key"
    advice = (
        f"get the authority's certificate from whoever runs the broker, as {ca_file.name}, and put it there"
    )
    return fault("tls", words, advice, put_there(ca_file))


def _handshake(context: ssl.SSLContext, sync: Sync) -> bytes:
    """The certificate that the broker shows, in DER."""
    with (
        socket.create_connection((sync.host, sync.port), CONNECT_S) as plain,
        context.wrap_socket(plain, server_hostname=sync.host) as line,
    ):
        return line.getpeercert(binary_form=True) or b""


def _unchecked() -> ssl.SSLContext:
    """To look at a certificate that does not hold; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _names(certificate: Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [certificate.subject.rfc4514_string()]
    return [str(name.value) for name in names]
