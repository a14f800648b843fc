"""TLS towards a broker: the files are read at each attempt, so that a replaced certificate counts at once."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

from sync.link_events import Broker

SAME_MS = 60_000
NOT_YET_VALID, EXPIRED = 9, 10  # X509_V_ERR_... of the same file
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which Python does not name


def context_for(broker: Broker, heard: Callable[[ssl.SSLError], None]) -> ssl.SSLContext:
    """A context that believes `broker.ca_file` only.

    Where the system's clock is not the true time, OpenSSL cannot judge dates: the broker's are then judged
    here, once the true time is known; those of its authority are not.
    `heard` gets what the broker says against our certificate: in TLS 1.3 that comes after the handshake, as
    an error of the first read, which paho turns into a connection that was just closed.
    Raises `OSError`, `ssl.SSLError` for files that cannot be used.
    """
    context = ssl.create_default_context(cafile=broker.ca_file)
    off_ms = broker.clock_off_ms
    system_is_right = off_ms is not None and abs(off_ms) <= SAME_MS
    if not system_is_right:
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    context.sslsocket_class = _telling(heard, None if system_is_right else off_ms)
    return context


def _telling(heard: Callable[[ssl.SSLError], None], off_ms: int | None) -> type[ssl.SSLSocket]:
    class Telling(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            if off_ms is not None:
                _judge_dates(self, time.time() + off_ms / 1000)

        def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
            try:
                return super().recv(buflen, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                heard(error)
                raise

    return Telling


def _judge_dates(sock: ssl.SSLSocket, now_s: float) -> None:
    """As OpenSSL would at `now_s` (Unix time). Raises `ssl.SSLCertVerificationError`."""
    dates = sock.getpeercert() or {}
    code = 0
    if now_s < ssl.cert_time_to_seconds(str(dates["notBefore"])):
        code = NOT_YET_VALID
    elif now_s > ssl.cert_time_to_seconds(str(dates["notAfter"])):
        code = EXPIRED
    if code:
        error = ssl.SSLCertVerificationError(1, f"valid from {dates['notBefore']} to {dates['notAfter']}")
        error.verify_code = code
        raise error
