"""Commands to kiosks and what they answer: sent in the order of their counters, and again until answered."""

from __future__ import annotations

import base64
import re

from kiosk.core.sign import message_statement, signature_holds
from sync.centre import devices, files, rosters
from sync.centre.keys import CentreKey
from sync.centre.outgoing import Outgoing, signed_letter
from sync.centre.store import Tx
from sync.commands import Command
from sync.documents import MAX_REPLY_BYTES, Reply, TemplateLetter
from sync.topics import DeviceName
from sync.wire import Signed, State, WireError, decode, encode

AGAIN_MS = 120_000
MOST_AT_ONCE = 50
_WORD = re.compile("[a-z_]{1,40}")
OPEN = "state IN ('waiting', 'sent')"
LONG_AGO = "({0}sent_ms < ? OR {0}sent_ms > ?)"  # or far ahead: this machine's clock was set back since
NOT_EXPIRED = (  # its time had passed by a clock that was set back since; a later one makes it too old
    "state = 'expired' AND expires_ms > ? AND NOT EXISTS (SELECT 1 FROM commands n WHERE n.sent_ms > 0"
    " AND n.tenant = commands.tenant AND n.device = commands.device AND n.counter > commands.counter)"
)


def next_counter(tx: Tx, device: DeviceName) -> int:
    """The counter of the device's next command."""
    row = tx.one(
        "SELECT max(counter) FROM commands WHERE tenant = ? AND device = ?", device.tenant, device.device
    )
    return int(row[0] or 0) + 1 if row else 1


def put(tx: Tx, device: DeviceName, command: Command, now_ms: int) -> None:
    """Keep a command; it leaves when its device is there."""
    tx.run(
        "INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, 0, 'waiting', '', '', '', 0)",
        device.tenant, device.device, command.counter, str(type(command).__struct_config__.tag),
        encode(command).decode(), now_ms, command.expires_ms,
    )  # fmt: skip


def due(tx: Tx, key: CentreKey, now_ms: int) -> list[Outgoing]:
    """What is to go down now, to kiosks that are there."""
    tx.run(f"UPDATE commands SET state = 'expired' WHERE {OPEN} AND expires_ms <= ?", now_ms)
    tx.run(f"UPDATE commands SET state = 'waiting' WHERE {NOT_EXPIRED}", now_ms)
    rows = tx.all(
        f"SELECT c.tenant, c.device, c.counter, c.body FROM commands c"
        " JOIN presence p ON p.tenant = c.tenant AND p.device = c.device"
        f" WHERE c.{OPEN} AND p.status = 'online' AND {LONG_AGO.format('c.')}"
        " ORDER BY c.tenant, c.device, c.counter LIMIT ?",
        *long_ago(now_ms), MOST_AT_ONCE,
    )  # fmt: skip
    letters = [_send(tx, key, DeviceName(t, d), counter, body, now_ms) for t, d, counter, body in rows]
    return [*letters, *rosters.due(tx, key, now_ms), *_templates(tx, key, now_ms)]


def is_due(tx: Tx, now_ms: int) -> bool:
    """Whether `due` might find something; a cheap look."""
    commands = tx.one(
        f"SELECT 1 FROM commands WHERE {OPEN} AND ({LONG_AGO.format('')} OR expires_ms <= ?)"
        f" OR {NOT_EXPIRED} LIMIT 1",
        *long_ago(now_ms), now_ms, now_ms,
    )  # fmt: skip
    templates = tx.one(
        f"SELECT 1 FROM template_letters WHERE {LONG_AGO.format('')} LIMIT 1", *long_ago(now_ms)
    )
    return commands is not None or templates is not None or rosters.is_due(tx)


def long_ago(now_ms: int) -> tuple[int, int]:
    """The bounds of `LONG_AGO`."""
    return now_ms - AGAIN_MS, now_ms + AGAIN_MS


def state_came(tx: Tx, key: CentreKey, device: DeviceName, state: State, now_ms: int) -> list[Outgoing]:
    """A kiosk is there: what waits for it, commands in the order of their counters."""
    if state.status != "online":
        return []
    letters = rosters.catch_up(tx, key, device, state, now_ms)
    return letters + [
        _send(tx, key, device, counter, body, now_ms) for counter, body in _open(tx, device, now_ms)
    ]


def documents_for(tx: Tx, key: CentreKey, device: DeviceName, now_ms: int) -> list[tuple[str, str]]:
    """What waits to go down to a device, for a stick: lane and payload of each letter."""
    row = tx.one("SELECT site FROM presence WHERE tenant = ? AND device = ?", device.tenant, device.device)
    roster = rosters.document(tx, device, row[0]) if row else None
    letters = [signed_letter(key, device, "roster", "roster", roster)] if roster else []
    letters += [
        signed_letter(key, device, "command", "command", body) for _, body in _open(tx, device, now_ms)
    ]
    return [(letter.topic.rpartition("/")[2], letter.payload.decode()) for letter in letters]


def reply_came(tx: Tx, device: DeviceName, payload: bytes, now_ms: int) -> None:
    """A kiosk says what became of something. Raises `WireError`."""
    message = decode(payload, Signed, MAX_REPLY_BYTES)
    statement = message_statement("reply", device.tenant, device.device, message.body)
    if not signature_holds(message.key, statement, message.sig):
        raise WireError("bad_signature")
    if devices.state_of(tx, device, message.key) is None:
        raise WireError("unknown_key")
    reply = decode(message.body, Reply)
    if reply.about == "document":
        word = reply.words if _WORD.fullmatch(reply.words) else "other"
        devices.count_refusal(tx, device, f"kiosk_{word}", "refused by the kiosk", now_ms)
    elif reply.about == "template":
        _template_taken(tx, device, reply.words)
    elif reply.about == "roster":
        tx.run(
            "INSERT INTO roster_said VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, device) DO UPDATE SET"
            " version = excluded.version, words = excluded.words, said_ms = excluded.said_ms",
            device.tenant, device.device, reply.number, _clean(reply.words), now_ms,
        )  # fmt: skip
    else:
        _answered(tx, device, reply, message.key, now_ms)


def _templates(tx: Tx, key: CentreKey, now_ms: int) -> list[Outgoing]:
    """Files of templates that wait for kiosks that are there."""
    rows = tx.all(
        "SELECT t.tenant, t.sender, t.receiver, t.sha256, f.content FROM template_letters t"
        " JOIN presence p ON p.tenant = t.tenant AND p.device = t.receiver AND p.status = 'online'"
        " JOIN files f ON f.tenant = t.tenant AND f.device = t.sender AND f.sha256 = t.sha256"
        f" WHERE {LONG_AGO.format('t.')} AND f.content IS NOT NULL LIMIT 4",
        *long_ago(now_ms),
    )  # fmt: skip
    letters = []
    for tenant, sender, receiver, sha256, content in rows:
        tx.run(
            "UPDATE template_letters SET sent_ms = ? WHERE tenant = ? AND sender = ? AND sha256 = ?",
            now_ms, tenant, sender, sha256,
        )  # fmt: skip
        letter = TemplateLetter(sender, sha256, base64.b64encode(bytes(content)).decode("ascii"))
        to = DeviceName(tenant, receiver)
        letters.append(signed_letter(key, to, "template", "template", encode(letter).decode()))
    return letters


def _template_taken(tx: Tx, device: DeviceName, sha256: str) -> None:
    """Passed on and taken: nothing of it stays here."""
    rows = tx.all(
        "SELECT sender FROM template_letters WHERE tenant = ? AND receiver = ? AND sha256 = ?",
        device.tenant, device.device, sha256,
    )  # fmt: skip
    for (sender,) in rows:
        files.forget(tx, DeviceName(device.tenant, sender), sha256)
    tx.run(
        "DELETE FROM template_letters WHERE tenant = ? AND receiver = ? AND sha256 = ?",
        device.tenant, device.device, sha256,
    )  # fmt: skip


def _answered(tx: Tx, device: DeviceName, reply: Reply, sign_key: str, now_ms: int) -> None:
    changed = tx.run(
        "UPDATE commands SET state = ?, words = ?, answer = CASE WHEN ? = '' THEN answer ELSE ? END,"
        " blob = CASE WHEN ? = '' THEN blob ELSE ? END, done_ms = ?"
        " WHERE tenant = ? AND device = ? AND counter = ?",
        reply.outcome, _clean(reply.words), *(2 * (_clean(reply.text),)),
        *(2 * (reply.blob.sha256 if reply.blob else "",)), now_ms, device.tenant, device.device, reply.number,
    )  # fmt: skip
    rotated = changed and reply.key and _do(tx, device, reply.number) == "rotate_key"
    if rotated and devices.state_of(tx, device, sign_key) == "approved":
        devices.vouch(tx, device, reply.key, now_ms)


def _do(tx: Tx, device: DeviceName, counter: int) -> str:
    row = tx.one(
        "SELECT do_ FROM commands WHERE tenant = ? AND device = ? AND counter = ?",
        device.tenant, device.device, counter,
    )  # fmt: skip
    return str(row[0]) if row else ""


def _open(tx: Tx, device: DeviceName, now_ms: int) -> list[tuple[int, str]]:
    rows = tx.all(
        f"SELECT counter, body FROM commands WHERE tenant = ? AND device = ? AND {OPEN} AND expires_ms > ?"
        " ORDER BY counter LIMIT ?",
        device.tenant, device.device, now_ms, MOST_AT_ONCE,
    )  # fmt: skip
    return [(counter, body) for counter, body in rows]


def _send(tx: Tx, key: CentreKey, device: DeviceName, counter: int, body: str, now_ms: int) -> Outgoing:
    tx.run(
        "UPDATE commands SET state = 'sent', sent_ms = ? WHERE tenant = ? AND device = ? AND counter = ?",
        now_ms, device.tenant, device.device, counter,
    )  # fmt: skip
    return signed_letter(key, device, "command", "command", body)


def _clean(text: str) -> str:
    """PostgreSQL holds no NUL."""
    return text.replace("\0", "")
