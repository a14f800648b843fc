"""`kioskd schema DIR`: the schema of the database there, and the newest that this version reads."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from pathlib import Path

from kiosk.daemon.store import connect, schema


def main(argv: list[str]) -> int:
    """Print `{"file": N, "software": M}`; 2 when the database cannot be read."""
    path = Path(argv[0]) / connect.NAME
    try:
        with contextlib.closing(connect.connect_reader(path)) as db:
            found = schema.version(db)
    except sqlite3.Error as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 2
    sys.stdout.write(json.dumps({"file": found, "software": schema.LATEST}) + "\n")
    return 0
