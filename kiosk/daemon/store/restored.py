"""A database put back from a backup: erasures that came after it are repeated before anything else is done.

`restored.json` lies beside the database until that is on the disk; whoever opens the store first does it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kiosk.core.payload import Erased, from_data
from kiosk.core.record import TimeBlock
from kiosk.daemon.durable import sync_folder, write_durably
from kiosk.daemon.store.copying import Erasure
from kiosk.daemon.store.store import Store

log = logging.getLogger(__name__)
NAME = "restored.json"
_decoder = msgspec.json.Decoder(tuple[Erasure, ...])


def mark(folder: Path, erasures: Sequence[Erasure]) -> None:
    """Say that the database in `folder` was put back, and what was erased since. Raises `OSError`."""
    write_durably(folder / NAME, msgspec.json.encode(erasures))


def pending(state_dir: Path) -> tuple[Erasure, ...] | None:
    """What is to be erased again in a database that was put back; None when it was not. Raises `OSError`."""
    path = state_dir / NAME
    return _decoder.decode(path.read_bytes()) if path.exists() else None


def repeat(store: Store, state_dir: Path, erasures: Sequence[Erasure], at: TimeBlock) -> None:
    """Erase again, in the linked ledger just opened, and forget the marker."""
    for erasure in erasures:
        _repeat(store, erasure, at)
    (state_dir / NAME).unlink()
    sync_folder(state_dir)
    log.warning(
        "put back from a backup: %d erasures repeated, ledger %s", len(erasures), store.head.ledger_id
    )


def _repeat(store: Store, erasure: Erasure, at: TimeBlock) -> None:
    payload = from_data(erasure.type, erasure.data)
    if isinstance(payload, Erased):
        held = [seq for seq in payload.seqs if store.private_holders(payload.ledger_id, seq)]
        if held:
            store.erase(payload.ledger_id, held, payload.reason, at)
    elif payload is not None:
        with store.transaction() as transaction:
            transaction.append(payload, at)
