"""`kiosk-face`: started beside kioskd, finds it by its socket, and starts anew whenever kioskd does."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Exit 0 after an ordered stop."""
    options = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # The preview waits for whoever holds the interpreter: let go of it five times as often.
    sys.setswitchinterval(0.001)
    # One thread for small products: more would only wait for each other. Before numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # The network's child runs this file again on its way up, and must not load what only we need.
    import_module("kiosk.face.process").FaceProcess(options.socket).run(stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk-face", description="The kiosk's camera and faces.")
    parser.add_argument("--socket", type=Path, required=True, help="kioskd's face socket")
    parser.add_argument("--verbose", action="store_true", help="log repeats and details too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
