"""Run the emulated sensor: `python -m drivers.emulated.r307 --link /tmp/r307 --control /tmp/r307.sock`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from drivers.emulated.control import ControlSocket
from drivers.emulated.fault import FaultPlan
from drivers.emulated.r307.control import operations
from drivers.emulated.r307.emulator import Emulator
from drivers.emulated.r307.faults import ZFM_FAULTS
from drivers.emulated.r307.flash import Settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.emulated.r307", description=__doc__)
    parser.add_argument("--link", type=Path, required=True, help="name under which the serial port appears")
    parser.add_argument("--control", type=Path, help="Unix socket to put fingers on and pull the plug")
    parser.add_argument("--state", type=Path, help="file that keeps the templates over a restart")
    parser.add_argument("--speed", type=float, default=1.0, help="scales all delays: 1 is real, 0 is none")
    parser.add_argument("--model", default="R307", help="R503 has a ring light and product information")
    parser.add_argument("--capacity", type=int, default=1000)
    parser.add_argument("--template-bytes", type=int, default=768)
    parser.add_argument("--packet-bytes", type=int, default=128, choices=(32, 64, 128, 256))
    parser.add_argument("--security", type=int, default=3, choices=(1, 2, 3, 4, 5))
    parser.add_argument("--password", type=lambda text: int(text, 0), default=0)
    parser.add_argument("--seed", type=int, default=1, help="of the fault plan")
    return parser.parse_args()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _arguments()
    settings = Settings(
        options.model,
        options.capacity,
        options.template_bytes,
        options.packet_bytes,
        options.security,
        password=options.password,
        led=options.model.startswith("R50"),
    )
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, _frame: stopping.append(signum))
    plan = FaultPlan(options.seed, extra=ZFM_FAULTS)
    emulator = Emulator(options.link, settings, options.state, options.speed, plan)
    control = ControlSocket(options.control, operations(emulator)) if options.control else None
    sys.stdout.write(f"emulated {settings.model} at {options.link}\n")
    sys.stdout.flush()
    emulator.run(lambda: bool(stopping))
    if control is not None:
        control.close()
    emulator.close()


if __name__ == "__main__":
    main()
