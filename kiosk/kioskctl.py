"""The `kioskctl` command: over SSH every tenth of a second counts."""

from __future__ import annotations

import gc
import sys
from importlib import import_module


def main() -> None:
    """Runs `kiosk.ctl.main`; a fifth of the time of `kioskctl status` went into looking for garbage."""
    gc.disable()
    command = import_module("kiosk.ctl.main")
    gc.freeze()
    gc.enable()
    code = command.main()
    gc.freeze()
    sys.exit(code)
