"""The `kioskd` command: runs a kiosk, or one of the tools that work on its files."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

TOOLS = {
    "demo": "kiosk.demo.main",
    "verify": "kiosk.daemon.verify_file",
    "export": "kiosk.daemon.export",
    "schema": "kiosk.daemon.schema_of",
    "keys": "kiosk.daemon.show_keys",
    "time": "kiosk.daemon.explain",
    "backup": "kiosk.daemon.backup",
    "restore": "kiosk.daemon.restore",
}


def main() -> None:
    """`kioskd --config FILE`, `kioskd demo --dir DIR`, `kioskd verify [FILE]`, `kioskd export`."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in TOOLS:
        sys.exit(import_module(TOOLS[arguments[0]]).main(arguments[1:]))
    gc.disable()  # a sixth of the start went into looking for garbage among what is never thrown away
    daemon = import_module("kiosk.daemon.main")
    gc.freeze()
    gc.enable()
    sys.exit(daemon.main(arguments))
