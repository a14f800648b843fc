"""The `kioskd` command: runs a kiosk, or one of the tools that work on its files."""

from __future__ import annotations

import sys


def main() -> None:
    """`kioskd --config FILE`, `kioskd demo --dir DIR`, `kioskd verify [FILE]`, `kioskd export`."""
    arguments = sys.argv[1:]
    match arguments[:1]:
        case ["demo"]:
            from kiosk.demo.main import main as run
        case ["verify"]:
            from kiosk.daemon.verify_file import main as run
        case ["export"]:
            from kiosk.daemon.export import main as run
        case _:
            from kiosk.daemon.main import main as run

            sys.exit(run(arguments))
    sys.exit(run(arguments[1:]))
