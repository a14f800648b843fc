"""Why a connection failed, as words: shown by `kioskctl`, translated on the screen."""

from __future__ import annotations

import socket
import ssl

# MQTT v5, 2.4 and table 4-6. 3.1.1's five return codes are translated to these by paho.
_CONNACK = {
    0x84: "protocol",
    0x85: "client_id",
    0x86: "not_authorized",
    0x87: "not_authorized",
    0x88: "broker_busy",
    0x89: "broker_busy",
    0x8A: "banned",
    0x95: "packet_too_large",
    0x97: "quota",
    0x9F: "broker_busy",
}
_DISCONNECT = {
    0x87: "not_authorized",
    0x89: "broker_busy",
    0x8B: "broker_stopping",
    0x8D: "silent",
    0x8E: "taken_over",
    0x93: "too_fast",
    0x95: "packet_too_large",
    0x97: "quota",
    0x98: "kicked",
}
# X.509 verification results, RFC 5280 as numbered by OpenSSL.
_TLS = {
    7: "tls_unknown_ca",  # the right name, another key: an authority made anew
    9: "tls_not_yet_valid",
    10: "tls_expired",
    18: "tls_unknown_ca",
    19: "tls_unknown_ca",
    20: "tls_unknown_ca",
    21: "tls_unknown_ca",
    62: "tls_wrong_name",
    64: "tls_wrong_name",
}
# What the broker says of our certificate: alerts of RFC 8446, 6.2, as OpenSSL names them.
_ALERTS = {
    "CERTIFICATE_REQUIRED": "certificate_missing",
    "HANDSHAKE_FAILURE": "certificate_missing",
    "CERTIFICATE_EXPIRED": "certificate_expired",
    "CERTIFICATE_REVOKED": "certificate_revoked",
    "UNKNOWN_CA": "certificate_refused",
    "BAD_CERTIFICATE": "certificate_refused",
    "CERTIFICATE_UNKNOWN": "certificate_refused",
}
WORDS = frozenset({*_CONNACK.values(), *_DISCONNECT.values(), *_TLS.values(), *_ALERTS.values()})
REFUSALS = frozenset({"not_authorized", "banned", "client_id", "quota"})


def connack_cause(code: int) -> str:
    """Why the broker did not let us in."""
    return _CONNACK.get(code, "broker_refused")


def disconnect_cause(code: int) -> str:
    """Why the broker ended the connection."""
    return _DISCONNECT.get(code, "closed")


def publish_cause(code: int) -> str:
    """Why a publish was not taken, `no_centre` when nobody listens, empty when it was."""
    if code == 0x10:
        return "no_centre"
    if code < 0x80:
        return ""
    return _DISCONNECT.get(code, "broker_refused")


def failure_cause(error: BaseException) -> str:
    """What an exception while connecting or talking means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _TLS.get(error.verify_code, "tls")
    if isinstance(error, ssl.SSLError):
        said = (error.reason or "").partition("ALERT_")[2]
        return _ALERTS.get(said, "tls")
    if isinstance(error, socket.gaierror):
        return "name_unknown"
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, FileNotFoundError | PermissionError):
        return "unreadable_file"  # a certificate or key of the configuration
    if isinstance(error, TimeoutError):
        return "timeout"
    return "unreachable" if isinstance(error, OSError) else "failed"
