"""An emulated gpsd: the JSON reports of gpsd_json(5) to every client that sends ?WATCH.

Run `python -m drivers.emulated.gpsd --port 2947 --position FILE`; FILE holds `LAT LON [MODE [EPH]]` and may
be rewritten at any time.
"""

from __future__ import annotations

import argparse
import json
import socketserver
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSION = {"class": "VERSION", "release": "3.25", "rev": "3.25", "proto_major": 3, "proto_minor": 15}
DEVICES = {"class": "DEVICES", "devices": [{"class": "DEVICE", "path": "/dev/ttyACM0", "driver": "u-blox"}]}
WATCH = {"class": "WATCH", "enable": True, "json": True, "nmea": False, "raw": 0, "scaled": False}


class Handler(socketserver.StreamRequestHandler):
    """One client."""

    server: Server

    def handle(self) -> None:
        """Greet, wait for ?WATCH, report."""
        try:
            self._say(VERSION)
            if not self.rfile.readline(4096).startswith(b"?WATCH"):
                return
            self._say(DEVICES)
            self._say(WATCH)
            while True:
                self._report()
                time.sleep(self.server.every_s)
        except OSError:
            return

    def _report(self) -> None:
        words = self.server.position.read_text().split()
        latitude, longitude = float(words[0]), float(words[1])
        mode = int(words[2]) if len(words) > 2 else 3
        error_m = float(words[3]) if len(words) > 3 else 6.5
        satellites = [{"PRN": n, "ss": 35.0, "used": mode >= 2} for n in range(1, 9)]
        self._say(
            {
                "class": "SKY",
                "device": "/dev/ttyACM0",
                "nSat": 8,
                "uSat": 8 * (mode >= 2),
                "satellites": satellites,
            }
        )
        fix: dict[str, Any] = {"class": "TPV", "device": "/dev/ttyACM0", "mode": mode}
        if mode >= 2:
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
            fix |= {
                "lat": latitude,
                "lon": longitude,
                "eph": error_m,
                "speed": 0.0,
                "time": now,
                "ept": 0.005,
            }
        self._say(fix)

    def _say(self, report: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(report).encode() + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """Listens on the loopback."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, position: Path, every_s: float) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.position, self.every_s = position, every_s


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=2947)
    parser.add_argument("--position", type=Path, required=True)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two reports")
    arguments = parser.parse_args()
    with Server(arguments.port, arguments.position, arguments.every) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
