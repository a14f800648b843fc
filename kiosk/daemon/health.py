"""`kioskctl doctor`: what only the running kioskd can tell about itself."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk.core import api
from kiosk.core.record import BadRecordError, decode_body
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.ledger_source import DESTINATION
from kiosk.daemon.store import StoreReader

ONE_RECORD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class HealthSource:
    """Collects the health; any thread. What follows `board` asks the parts that know."""

    config_file: Path
    state_dir: Path
    engine: Engine
    board: DeviceBoard
    link_cause: Callable[[], str]
    link_ends: Callable[[], int]
    screens: Callable[[], int]
    notes: Callable[[str], tuple[str, ...]]

    def read(self) -> api.Health:
        """The whole health."""
        return api.Health(
            config_file=str(self.config_file.resolve()),
            python=platform.python_version(),
            link_cause=self.link_cause(),
            link_ends=self.link_ends(),
            backlog_since_ms=self._backlog_since_ms(),
            screens=self.screens(),
            engine_age_s=self.engine.age_s,
            devices=tuple(
                msgspec.structs.replace(device, notes=self.notes(device.name))
                for device in self.board.health()
            ),
        )

    def _backlog_since_ms(self) -> int | None:
        with StoreReader.open(self.state_dir) as reader:
            for ledger in reader.ledgers():
                accepted = reader.cursor(DESTINATION, ledger.ledger_id)
                if accepted >= ledger.deliver_upto:
                    continue
                rows = reader.records(ledger.ledger_id, accepted, ONE_RECORD_BYTES, 1)
                try:
                    return decode_body(rows[0].body).at.wall_ms
                except (BadRecordError, IndexError):
                    return None
        return None
