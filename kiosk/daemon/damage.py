"""What a kiosk that mended its own database must go on saying until somebody has looked."""

from __future__ import annotations

import contextlib
from pathlib import Path

from kiosk.daemon.durable import write_durably

ALTERED = "altered-{}-{}"  # the ledger's id and the record's seq


def note_altered(state_dir: Path, ledger_id: str, seq: int) -> None:
    """Leave a file that says which record was found changed; `problems` speaks of it until it is deleted."""
    words = f"record {seq} of ledger {ledger_id} is not what was written\n"
    with contextlib.suppress(OSError):  # the ledger itself says so, too, in its genesis
        write_durably(state_dir / ALTERED.format(ledger_id, seq), words.encode())


def problems(state_dir: Path) -> list[str]:
    """A line for each set of damaged files moved aside, and for each record changed in its place.

    They are gone once a technician took the files away.
    """
    moved = [
        f"ledger: the database was damaged; what was readable goes on, the damaged files are in {folder}: "
        "copy them to a stick, look at `dmesg` for the card, change it, then delete the folder"
        for folder in sorted(state_dir.glob("damaged-*"))
    ]
    return moved + [_altered(file) for file in sorted(state_dir.glob(ALTERED.format("*", "*")))]


def _altered(file: Path) -> str:
    _, ledger_id, seq = file.name.split("-", 2)
    return (
        f"ledger: record {seq} of ledger {ledger_id[:8]} was altered or damaged where it lies; a linked "
        "ledger goes on, the centre keeps what it was given before: see `kioskctl ledger verify`, "
        f"find out who was at the card, then delete {file}"
    )
