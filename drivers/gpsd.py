"""A GPS through gpsd: its JSON protocol over TCP (gpsd_json(5)), newest fix at any time.

One thread keeps the connection; `fix` never blocks. A fix older than `STALE_S` is none.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from drivers.base.errors import DeviceError, ProtocolError, Timeout, Unavailable

log = logging.getLogger(__name__)
PORT = 2947
STALE_S = 10.0
SILENCE_S = 15.0
RETRY_S = (0.5, 1.0, 5.0, 30.0)
MAX_LINE_BYTES = 65_536
_WATCH = b'?WATCH={"enable":true,"json":true};\n'


@dataclass(frozen=True, slots=True)
class Fix:
    """Where the receiver is: degrees; `error_m` is its `eph`; satellites used; TPV `mode` 2 or 3.

    `utc_ms` is the moment of the fix by the satellites' clocks, within `time_error_ms` (`ept`); None when it
    does not say.
    """

    latitude: float
    longitude: float
    error_m: float
    satellites: int
    mode: int
    at_s: float
    """The monotonic moment it was received."""
    utc_ms: int | None = None
    time_error_ms: int = 0


class Gpsd:
    """The receiver behind a gpsd at `host`:`port`."""

    def __init__(self, host: str = "127.0.0.1", port: int = PORT) -> None:
        self._address = (host, port)
        self._fix: Fix | None = None
        self._satellites = 0
        self._stopping = threading.Event()
        self._line: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="gpsd", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Hang up; whether the thread ended in time."""
        self._stopping.set()
        if line := self._line:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def fix(self) -> Fix | None:
        """The newest fix that is not stale."""
        fix = self._fix
        return fix if fix is not None and time.monotonic() - fix.at_s <= STALE_S else None

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._listen()
            except DeviceError as error:
                level = logging.WARNING if not failures else logging.DEBUG
                log.log(level, "gpsd %s:%d: %s", *self._address, error)
                self._stopping.wait(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
            else:
                failures = 0

    def _listen(self) -> None:
        """Until the connection ends. Raises `DeviceError`."""
        try:
            with socket.create_connection(self._address, timeout=5.0) as line, line.makefile("rb") as lines:
                self._line = line
                line.settimeout(SILENCE_S)
                line.sendall(_WATCH)
                while not self._stopping.is_set():
                    raw = lines.readline(MAX_LINE_BYTES)
                    if not raw.endswith(b"\n"):
                        raise Unavailable("gpsd hung up")
                    self.heard(raw)
        except TimeoutError as error:
            raise Timeout(f"silent for {SILENCE_S:g} s") from error
        except OSError as error:
            raise Unavailable(str(error)) from error

    def heard(self, raw: bytes) -> None:
        """Take one line of gpsd's. Raises `ProtocolError`."""
        try:
            report = json.loads(raw)
            kind = report["class"]
        except (ValueError, TypeError, KeyError) as error:
            raise ProtocolError(f"no gpsd report: {raw[:60]!r}") from error
        if kind == "SKY":
            used = report.get("uSat")
            seen = report.get("satellites") or []
            self._satellites = used if isinstance(used, int) else sum(bool(s.get("used")) for s in seen)
        elif kind == "TPV":
            self._fix = self._read(report)

    def _read(self, report: dict[str, object]) -> Fix | None:
        mode, latitude, longitude = report.get("mode"), report.get("lat"), report.get("lon")
        error_m = report.get("eph", 50.0)
        if not isinstance(mode, int) or mode < 2:
            return None
        if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)):
            error = float(error_m) if isinstance(error_m, (int, float)) else 50.0
            place = float(latitude), float(longitude), error, self._satellites, mode
            return Fix(*place, time.monotonic(), _utc_ms(report.get("time")), _ms(report.get("ept")))
        return None


def _utc_ms(text: object) -> int | None:
    """ISO 8601 as gpsd writes it, 2026-10-06T00:00:30.000Z."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return round(moment.timestamp() * 1000) if moment is not None and moment.tzinfo is not None else None


def _ms(seconds: object) -> int:
    return math.ceil(seconds * 1000) if isinstance(seconds, (int, float)) and 0 <= seconds < 3600 else 1000
