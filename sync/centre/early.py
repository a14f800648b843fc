"""Shows records of the live lane as provisional: no head moves, nothing is locked, in three statements."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.core.record import ZERO_HASH
from sync.centre import ledgers
from sync.centre.incoming import Incoming
from sync.centre.ledgers import Ledger
from sync.centre.projection import project_provisional
from sync.centre.store import Tx
from sync.topics import DeviceName


def show_early(tx: Tx, arrived: Sequence[Incoming], now_ms: int) -> None:
    """Show what lies beyond the heads of known ledgers with approved keys; pass over the rest."""
    ledgers.flush(tx)
    known = _known(tx, sorted({incoming.batch.ledger_id for incoming in arrived}))
    fresh = []
    for incoming in arrived:
        ledger = known.get((incoming.device, incoming.batch.head.key, incoming.batch.ledger_id))
        if ledger and not ledger.frozen:
            fresh += [(ledger, record) for record in incoming.records if record.seq > ledger.head_seq]
    project_provisional(tx, fresh, now_ms)


def _known(tx: Tx, ids: list[str]) -> dict[tuple[DeviceName, str, str], Ledger]:
    places = 1 << max(0, len(ids) - 1).bit_length()  # few different statements, so that they stay prepared
    ids += ids[-1:] * (places - len(ids))
    rows = tx.all(
        "SELECT l.ledger_id, l.tenant, l.device, l.sign_key, l.head_seq, l.standing FROM ledgers l"
        " JOIN device_keys k ON k.tenant = l.tenant AND k.device = l.device AND k.sign_key = l.sign_key"
        f" WHERE k.state = 'approved' AND l.ledger_id IN ({', '.join('?' * places)})",
        *ids,
    )
    known = {}
    for ledger_id, tenant, name, key, head_seq, standing in rows:
        device = DeviceName(tenant, name)
        known[device, key, ledger_id] = Ledger(ledger_id, device, key, head_seq, ZERO_HASH, standing, "")
    return known
