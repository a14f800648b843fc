"""The ledgers as the centre holds them: heads, records, staged batches, other histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiosk.core.record import ZERO_HASH
from sync.centre.incoming import Arrived, Incoming
from sync.centre.store import Tx
from sync.topics import DeviceName
from sync.wire import Head

Standing = Literal["open", "closed", "quarantined", "settled"]
MOST_STAGED = 64
MOST_FORK_RECORDS = 10_000


@dataclass(slots=True)
class Ledger:
    """One ledger's row, locked for the length of the transaction; changes count once they are saved.

    `linked_at` is the place a newer ledger goes on from; `awaited` says that one waits to be judged by
    records still to come; `staged` counts batches kept aside; `early` is the last provisional record's seq.
    """

    ledger_id: str
    device: DeviceName
    sign_key: str
    head_seq: int
    head_hash: bytes
    standing: Standing
    reason: str
    linked_at: int | None = None
    awaited: bool = False
    staged: int = 0
    early: int = 0

    @property
    def frozen(self) -> bool:
        """Whether nothing more is taken of it."""
        return self.standing in {"quarantined", "settled"}


def lock(tx: Tx, ledger_id: str) -> Ledger | None:
    """The ledger's row, locked against every other process; the same object throughout a transaction."""
    held = _held(tx)
    if ledger_id not in held and (found := _locked(tx, ledger_id)):
        held[ledger_id] = found
    return held.get(ledger_id)


def _held(tx: Tx) -> dict[str, Ledger]:
    held: dict[str, Ledger] = tx.memo.setdefault("ledgers", {})
    return held


def _locked(tx: Tx, ledger_id: str) -> Ledger | None:
    row = tx.one(
        "SELECT l.tenant, l.device, l.sign_key, l.head_seq, l.head_hash, l.standing, l.reason,"
        " (SELECT max(n.prev_seq) FROM ledgers n"
        "  WHERE n.prev_ledger = l.ledger_id AND n.standing <> 'quarantined'),"
        " (SELECT count(*) FROM ledgers n WHERE n.prev_ledger = l.ledger_id AND n.prev_seq > l.head_seq),"
        " (SELECT count(*) FROM staged s WHERE s.ledger_id = l.ledger_id),"
        " (SELECT max(p.seq) FROM provisional p WHERE p.ledger_id = l.ledger_id)"
        f" FROM ledgers l WHERE l.ledger_id = ?{tx.for_update}",
        ledger_id,
    )
    if row is None:
        return None
    tenant, device, sign_key, head_seq, head_hash, standing, reason, linked_at, awaited, staged, early = row
    return Ledger(
        ledger_id, DeviceName(tenant, device), sign_key, head_seq, bytes(head_hash), standing, reason,
        linked_at, bool(awaited), staged, early or 0,
    )  # fmt: skip


def open_locked(tx: Tx, incoming: Incoming, now_ms: int) -> Ledger:
    """The row of `incoming`'s ledger, made if it is new."""
    batch, device = incoming.batch, incoming.device
    tx.run(
        "INSERT INTO ledgers VALUES (?, ?, ?, ?, 0, ?, 'open', '', NULL, NULL, NULL, ?, ?)"
        " ON CONFLICT DO NOTHING",
        batch.ledger_id, device.tenant, device.device, batch.head.key, ZERO_HASH, now_ms, now_ms,
    )  # fmt: skip
    ledger = lock(tx, batch.ledger_id)
    assert ledger is not None
    return ledger


def save(tx: Tx, ledger: Ledger, now_ms: int) -> None:
    """Write the row back at the end of the transaction."""
    if "moved" not in tx.memo:
        tx.memo["moved"] = {}
        tx.at_end(lambda: flush(tx))
    tx.memo["moved"][ledger.ledger_id] = now_ms


def flush(tx: Tx) -> None:
    """Write back at once what was saved, for a query over several ledgers."""
    moved: dict[str, int] = tx.memo.get("moved", {})
    rows = [(_held(tx)[ledger_id], now_ms) for ledger_id, now_ms in moved.items()]
    moved.clear()
    tx.many(
        "UPDATE ledgers SET head_seq = ?, head_hash = ?, standing = ?, reason = ?, moved_ms = ?"
        " WHERE ledger_id = ?",
        [(x.head_seq, x.head_hash, x.standing, x.reason, now_ms, x.ledger_id) for x, now_ms in rows],
    )


def hashes(tx: Tx, ledger_id: str, first: int, last: int) -> dict[int, bytes]:
    """The hashes held between `first` and `last`; 32 zero bytes at 0."""
    rows = tx.all(
        "SELECT seq, hash FROM records WHERE ledger_id = ? AND seq BETWEEN ? AND ?", ledger_id, first, last
    )
    held = {seq: bytes(hash_) for seq, hash_ in rows}
    if first <= 0:
        held[0] = ZERO_HASH
    return held


def append(tx: Tx, ledger: Ledger, records: list[Arrived], now_ms: int) -> None:
    """Store records that follow the head, and move it."""
    tx.append("records", [(ledger.ledger_id, r.seq, r.hash, r.body, r.type, now_ms) for r in records])
    tx.append("private_parts", [(ledger.ledger_id, r.seq, *r.private) for r in records if r.private])
    ledger.head_seq, ledger.head_hash = records[-1].seq, records[-1].hash


def keep_head(tx: Tx, ledger_id: str, head: Head, now_ms: int) -> None:
    """Keep the device's signature over a batch's last record."""
    if "heads" not in tx.memo:
        tx.memo["heads"] = []
        tx.at_end(lambda: tx.many("INSERT INTO heads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", heads))
    heads = tx.memo["heads"]
    heads.append((ledger_id, head.seq, bytes.fromhex(head.hash), head.sig, now_ms))


def stage(tx: Tx, ledger: Ledger, incoming: Incoming, now_ms: int) -> None:
    """Keep a batch that does not follow the head yet; too many of them are left to be sent again."""
    batch = incoming.batch
    if ledger.staged < MOST_STAGED:
        tx.run(
            "INSERT INTO staged VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            batch.ledger_id, batch.from_seq, incoming.upto, incoming.payload, now_ms,
        )  # fmt: skip


def unstage(tx: Tx, ledger: Ledger) -> bytes | None:
    """Take out the next staged batch that touches the head."""
    row = ledger.staged and tx.one(
        "SELECT from_seq, payload FROM staged WHERE ledger_id = ? AND from_seq <= ?"
        " ORDER BY from_seq LIMIT 1",
        ledger.ledger_id, ledger.head_seq + 1,
    )  # fmt: skip
    if not row:
        return None
    ledger.staged -= 1
    tx.run("DELETE FROM staged WHERE ledger_id = ? AND from_seq = ?", ledger.ledger_id, row[0])
    return bytes(row[1])


def keep_fork(tx: Tx, ledger_id: str, records: list[Arrived], now_ms: int) -> None:
    """Keep records of another history beside the one held."""
    kept = tx.one("SELECT count(*) FROM forks WHERE ledger_id = ?", ledger_id)
    if kept and kept[0] < MOST_FORK_RECORDS:
        put_aside(tx, ledger_id, records, now_ms)


def put_aside(tx: Tx, ledger_id: str, records: list[Arrived], now_ms: int) -> None:
    """Keep records beside the history held, however many."""
    tx.many(
        "INSERT INTO forks VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ledger_id, r.seq, r.hash, r.body, now_ms) for r in records],
    )
    tx.many(
        "INSERT INTO fork_private_parts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ledger_id, r.seq, r.hash, *r.private) for r in records if r.private],
    )
