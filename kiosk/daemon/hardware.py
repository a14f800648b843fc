"""Which drivers there are: from a device's configuration to the driver that serves it.

Terminals' are loaded where there is one: a tenth of what kioskd loads, and most kiosks have none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from itertools import islice
from pathlib import Path

from drivers.base.reader import Reader
from drivers.base.terminal import Terminal
from drivers.gpsd import Gpsd
from drivers.r307.reader import R307Reader
from kiosk.core import config as settings
from kiosk.core.place import Position
from kiosk.daemon.gps_time import Moment

SEARCH_AT_ONCE = 32


def make_reader(config: settings.Reader) -> Reader:
    """The driver of a fingerprint reader."""
    return R307Reader(
        config.name, Path(config.port), baud=config.baud, password=config.password, simulated=config.simulated
    )


class Receiver:
    """The GPS behind gpsd."""

    def __init__(self, config: settings.Gps) -> None:
        self._gpsd = Gpsd(config.host, config.port)

    def start(self) -> None:
        """Begin to listen."""
        self._gpsd.start()

    def stop(self, timeout_s: float) -> bool:
        """Hang up; whether that was done in time."""
        return self._gpsd.stop(timeout_s)

    def position(self) -> Position | None:
        """Where it is now; `None` without a fresh fix."""
        fix = self._gpsd.fix
        return Position(fix.latitude, fix.longitude, fix.error_m, fix.satellites, fix.at_s) if fix else None

    def moment(self) -> Moment | None:
        """What time it told last; `None` without a fresh fix."""
        fix = self._gpsd.fix
        return Moment(fix.utc_ms, fix.time_error_ms, fix.at_s) if fix and fix.utc_ms is not None else None


@dataclass(frozen=True, slots=True)
class TerminalMaker:
    """Makes the driver of one terminal, wherever it is; `local_now` is the kiosk's local time."""

    config: settings.Terminal
    local_now: Callable[[], datetime]

    def make(self, host: str, serial: str) -> Terminal:
        """The driver at `host`; with `serial` no other terminal is believed."""
        from drivers.zk import ZkTerminal

        config = self.config
        return ZkTerminal(
            host,
            config.port,
            local_now=self.local_now,
            comm_key=config.comm_key,
            tcp=not config.udp,
            serial=serial or None,
            simulated=config.simulated,
        )

    def search(self, serial: str, stopping: threading.Event) -> str | None:
        """The host at which the terminal with this serial number answers now; a /24 takes some 6 s."""
        from drivers.zk import find_by_serial

        config, hosts = self.config, self._hosts()
        while not stopping.is_set() and (some := list(islice(hosts, SEARCH_AT_ONCE))):
            found = find_by_serial(
                serial, some, port=config.port, comm_key=config.comm_key, tcp=not config.udp
            )
            if found is not None:
                return found
        return None

    def _hosts(self) -> Iterator[str]:
        from drivers.zk import neighbours

        if self.config.networks:
            for network in self.config.networks:
                yield from (str(address) for address in ip_network(network, strict=False).hosts())
            return
        try:
            yield from neighbours(self.config.host)
        except ValueError:  # a host's name has no neighbours
            yield self.config.host
