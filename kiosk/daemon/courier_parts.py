"""What the courier works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.core.config import KioskConfig
from kiosk.core.payload import StickVisit
from kiosk.core.view import StickView
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.delivery import Delivery
from kiosk.daemon.engine import Engine
from kiosk.daemon.keys import DeviceKeys
from sync.hello import DeviceHello

ENGINE_S = 60.0


@dataclass(frozen=True, slots=True)
class CourierParts:
    """What the courier works with: `config` as it is now; `show` puts a stick's state on the screen."""

    config: Callable[[], KioskConfig]
    engine: Engine
    core: CoreState
    keys: DeviceKeys
    delivery: Delivery | None
    show: Callable[[StickView | None], None]
    older_keys: Mapping[str, str]
    hello: Callable[[], DeviceHello]

    def note(self, record: StickVisit) -> None:
        """Put it on record; lasting when this returns."""
        self.engine.submit(lambda: self.core.journal.note(record)).result(ENGINE_S)
