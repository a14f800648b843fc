"""Why a ledger was begun, by its first record."""

from __future__ import annotations

import msgspec

from kiosk.core.payload import Genesis
from sync.centre.envelope import Envelope, envelope_of
from sync.centre.store import Tx

_decoder = msgspec.json.Decoder(Genesis)


def genesis_in(envelope: Envelope | None) -> Genesis | None:
    """The genesis in a record; `None` when it is another one, or none this version can read."""
    if envelope is None or envelope.type != Genesis.TYPE:
        return None
    try:
        return _decoder.decode(envelope.data)
    except msgspec.DecodeError:
        return None


def reason_of(tx: Tx, ledger_id: str) -> str:
    """Why the ledger was begun; empty while its first record is not here."""
    reasons: dict[str, str] = tx.memo.setdefault("reasons", {})
    if ledger_id not in reasons:
        row = tx.one("SELECT body FROM records WHERE ledger_id = ? AND seq = 1", ledger_id)
        genesis = genesis_in(envelope_of(bytes(row[0]))) if row else None
        if genesis is None:
            return ""
        reasons[ledger_id] = genesis.reason
    return reasons[ledger_id]
