"""Does the broker let the kiosk in and the centre take its records? kioskd's word, or one try without it."""

from __future__ import annotations

import hashlib
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

from kiosk.core.config import Sync
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen
from kiosk.ctl.doctor.tls import context_of

CONNECT_S = 8.0
MANY_ENDS = 4
# MQTT 3.1.1, table 3.1: return codes of CONNACK that are about who we are.
BAD_CLIENT_ID, BAD_PASSWORD, NOT_AUTHORIZED = 2, 4, 5


def login(seen: Seen, sync: Sync) -> Iterator[Finding]:
    """The last steps: password, then the centre."""
    if seen.health is None or seen.status is None:
        yield from _try(seen, sync)
        return
    status, cause = seen.status.link.status, seen.health.link_cause
    if cause == "taken_over" or seen.health.link_ends >= MANY_ENDS:
        yield _duplicate(seen, seen.health.link_ends)
    elif cause == "not_authorized":
        yield _not_let_in(seen, sync)
    elif status == "waiting_approval":
        device = seen.status.device_id
        advice = (
            "at the centre, look who it is and let it in; if one of that name works already, set another id"
        )
        yield fault(
            "centre", f"the centre does not know this {device}", advice, f"hadir-centre approve {device}"
        )
    elif cause == "no_centre":
        yield fault(
            "centre",
            "the broker works, but no centre listens there",
            "start the centre, on its machine",
            "systemctl start hadir-centre",
        )
    elif status == "online":
        yield ok("centre", "online: records are accepted")
    elif status == "connecting":
        yield warning("centre", "kioskd is connecting", "ask again in a minute")
    else:
        yield fault(
            "centre",
            f"kioskd is {status}: {cause.replace('_', ' ') or 'no cause given'}",
            "what each word means is in docs/protocol.md",
            "journalctl -u kioskd -n 50",
        )


def _try(seen: Seen, sync: Sync) -> Iterator[Finding]:
    """One MQTT CONNECT of our own; only while kioskd is not there, or it would be thrown out."""
    try:
        code = _connack(seen, sync)
    except FileNotFoundError as error:
        yield fault(
            "centre",
            f"{error.filename}: there is no such file",
            "put the password there",
            _set_password(seen),
        )
    except (OSError, ValueError) as error:
        yield unknown("centre", f"the broker did not answer as MQTT does: {error}")
    else:
        if code in (BAD_CLIENT_ID, BAD_PASSWORD, NOT_AUTHORIZED):
            yield _not_let_in(seen, sync)
        elif code:
            yield fault(
                "centre",
                f"the broker refuses us with code {code}",
                "look into the broker's log",
                "journalctl -u mosquitto -n 50",
            )
        else:
            yield ok("centre", "the broker lets us in; kioskd does not run to say more")


def _not_let_in(seen: Seen, sync: Sync) -> Finding:
    who = f"user {sync.username!r}" if sync.username else "a kiosk without a username"
    advice = "give the password that the broker has for this user"
    return fault(
        "centre",
        f"the broker refuses {who}: wrong password or no right to its topics",
        advice,
        _set_password(seen),
    )


def _duplicate(seen: Seen, times: int) -> Finding:
    """Mosquitto's word for it (taken over) often does not arrive over TLS: then their number tells."""
    device = seen.status.device_id if seen.status else "this kiosk"
    mark = hashlib.sha256((seen.machine.read("/etc/machine-id") or device).encode()).hexdigest()[:4]
    advice = "give one of the two another id; the centre approves it anew, and a new ledger goes on"
    words = f"thrown out by the broker {times} times in two minutes: another kiosk calls itself {device} too"
    return fault("centre", words, advice, seen.set_command("device.id", f"{device}-{mark}"))


def _set_password(seen: Seen) -> str:
    return f"kioskctl config password {shlex.quote(str(seen.config_file))}"


def _connack(seen: Seen, sync: Sync) -> int:
    """The return code of a CONNECT, MQTT 3.1.1 section 3.1. Raises `OSError`, `ValueError`."""
    device = seen.config.device if seen.config else None
    client_id = f"hadir-{device.tenant}-{device.id}" if device else "hadir-doctor"
    password = Path(seen.path(sync.password_file)).read_text("utf-8").strip() if sync.password_file else ""
    with _line(seen, sync) as line:
        line.sendall(_connect(client_id, sync.username, password))
        answer = line.recv(4)
        line.sendall(b"\xe0\x00")
    if len(answer) != 4 or answer[0] != 0x20:
        raise ValueError(f"{answer.hex() or 'nothing'} in place of a CONNACK")
    return answer[3]


def _connect(client_id: str, username: str, password: str) -> bytes:
    flags = 0x02 | (0x80 if username else 0) | (0x40 if password else 0)
    body = _text("MQTT") + bytes((4, flags, 0, 30)) + _text(client_id)
    body += (_text(username) if username else b"") + (_text(password) if password else b"")
    length, rest = b"", len(body)
    while True:
        rest, low = divmod(rest, 128)
        length += bytes((low | (0x80 if rest else 0),))
        if not rest:
            return b"\x10" + length + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _line(seen: Seen, sync: Sync) -> socket.socket:
    plain = socket.create_connection((sync.host, sync.port), CONNECT_S)
    if not sync.ca_file:
        return plain
    return context_of(seen, sync).wrap_socket(plain, server_hostname=sync.host)
