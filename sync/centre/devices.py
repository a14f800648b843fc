"""Which devices may deliver: keys wait for approval, and a new key of a known device waits again."""

from __future__ import annotations

from typing import Literal

from sync.centre.store import Tx
from sync.topics import DeviceName
from sync.wire import Signed, State

KeyState = Literal["waiting", "approved", "rejected"]
MOST_WAITING_KEYS = 8


def admit(tx: Tx, device: DeviceName, sign_key: str, now_ms: int, *, auto_approve: bool) -> KeyState:
    """Where the device's key stands; an unseen key is noted as waiting.

    With `auto_approve` a device's first key is approved at once; a second one never is.
    """
    row = tx.one(
        "SELECT state FROM device_keys WHERE tenant = ? AND device = ? AND sign_key = ?",
        device.tenant, device.device, sign_key,
    )  # fmt: skip
    if row:
        state: KeyState = row[0]
        return state
    known = count_keys(tx, device)
    if known >= MOST_WAITING_KEYS:
        return "waiting"
    state = "approved" if auto_approve and known == 0 else "waiting"
    tx.run(
        "INSERT INTO device_keys VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        device.tenant, device.device, sign_key, state, now_ms, now_ms if state == "approved" else None,
    )  # fmt: skip
    return state


def state_of(tx: Tx, device: DeviceName, sign_key: str) -> KeyState | None:
    """Where a key of the device stands; `None` for one it never showed."""
    row = tx.one(
        "SELECT state FROM device_keys WHERE tenant = ? AND device = ? AND sign_key = ?",
        device.tenant, device.device, sign_key,
    )  # fmt: skip
    return row[0] if row else None


def vouch(tx: Tx, device: DeviceName, sign_key: str, now_ms: int) -> None:
    """Approve the next key of a device, of which its approved one spoke (`rotate_key`)."""
    tx.run(
        "INSERT INTO device_keys VALUES (?, ?, ?, 'approved', ?, ?) ON CONFLICT (tenant, device, sign_key)"
        " DO UPDATE SET state = 'approved', decided_ms = excluded.decided_ms"
        " WHERE device_keys.state = 'waiting'",
        device.tenant, device.device, sign_key, now_ms, now_ms,
    )  # fmt: skip


def count_keys(tx: Tx, device: DeviceName) -> int:
    """How many keys the device has shown."""
    row = tx.one(
        "SELECT count(*) FROM device_keys WHERE tenant = ? AND device = ?", device.tenant, device.device
    )
    return int(row[0]) if row else 0


def decide(tx: Tx, device: DeviceName, sign_key: str, state: KeyState, now_ms: int) -> bool:
    """Approve or reject one key; whether there is such a key."""
    changed = tx.run(
        "UPDATE device_keys SET state = ?, decided_ms = ? WHERE tenant = ? AND device = ? AND sign_key = ?",
        state, now_ms, device.tenant, device.device, sign_key,
    )  # fmt: skip
    return changed > 0


def keys_like(tx: Tx, name: str) -> list[tuple[DeviceName, str, KeyState]]:
    """Keys of the devices called `name`, written `device` or `tenant/device`."""
    tenant, _, device = name.rpartition("/")
    rows = tx.all(
        "SELECT tenant, device, sign_key, state FROM device_keys"
        " WHERE device = ? AND (tenant = ? OR ? = '') ORDER BY first_seen_ms",
        device, tenant, tenant,
    )  # fmt: skip
    return [(DeviceName(t, d), key, state) for t, d, key, state in rows]


def note_presence(tx: Tx, device: DeviceName, message: Signed, state: State, now_ms: int) -> None:
    """Keep what the device last said about itself, and the statement's text."""
    at = state.ledgers[-1] if state.ledgers else None
    tx.run(
        "INSERT INTO presence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, device) DO UPDATE SET"
        " sign_key = excluded.sign_key, status = excluded.status, body = excluded.body,"
        " changed_ms = CASE WHEN presence.body = excluded.body THEN presence.changed_ms"
        " ELSE excluded.changed_ms END, site = excluded.site, software = excluded.software,"
        " simulated = excluded.simulated, said_ledger = excluded.said_ledger, said_seq = excluded.said_seq",
        device.tenant, device.device, message.key, state.status, message.body, now_ms, state.site,
        state.software, int(state.simulated), at.ledger_id if at else "", at.seq if at else 0,
    )  # fmt: skip


def count_refusal(tx: Tx, device: DeviceName, reason: str, detail: str, now_ms: int) -> None:
    """One more message of this device that was not taken."""
    tx.run(
        "INSERT INTO refusals VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (tenant, device, reason) DO UPDATE SET"
        " count = refusals.count + 1, last_ms = excluded.last_ms, detail = excluded.detail",
        device.tenant, device.device, reason, now_ms, detail[:200],
    )  # fmt: skip
