"""TLS towards a broker: the files are read at each attempt, so that a replaced certificate counts at once."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from sync.link_events import Broker

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which Python does not name


def context_for(broker: Broker, heard: Callable[[ssl.SSLError], None]) -> ssl.SSLContext:
    """A context that believes `broker.ca_file` only; validity dates count unless `check_time` is off.

    `heard` gets what the broker says against our certificate: in TLS 1.3 that comes after the handshake, as
    an error of the first read, which paho turns into a connection that was just closed.
    Raises `OSError`, `ssl.SSLError` for files that cannot be used.
    """
    context = ssl.create_default_context(cafile=broker.ca_file)
    if not broker.check_time:
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    context.sslsocket_class = _telling(heard)
    return context


def _telling(heard: Callable[[ssl.SSLError], None]) -> type[ssl.SSLSocket]:
    class Telling(ssl.SSLSocket):
        def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
            try:
                return super().recv(buflen, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                heard(error)
                raise

    return Telling
