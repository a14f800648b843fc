"""TLS towards a broker: the files are read at each attempt, so that a replaced certificate counts at once."""

from __future__ import annotations

import ssl

from sync.link_events import Broker

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which Python does not name


def context_for(broker: Broker) -> ssl.SSLContext:
    """A context that believes `broker.ca_file` only; validity dates count unless `check_time` is off.

    Raises `OSError`, `ssl.SSLError` for files that cannot be used.
    """
    context = ssl.create_default_context(cafile=broker.ca_file)
    if not broker.check_time:
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context
