"""What a kiosk that mended its own database must go on saying until somebody has looked."""

from __future__ import annotations

from pathlib import Path


def problems(state_dir: Path) -> list[str]:
    """A line for each set of damaged files that was moved aside; gone once a technician took them away."""
    return [
        f"ledger: the database was damaged; what was readable goes on, the damaged files are in {folder}: "
        "copy them to a stick, look at `dmesg` for the card, change it, then delete the folder"
        for folder in sorted(state_dir.glob("damaged-*"))
    ]
