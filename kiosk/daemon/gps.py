"""A GPS receiver in the kiosk: where it is, and what time it tells."""

from __future__ import annotations

from kiosk.core.config import KioskConfig
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.gps_time import GpsTime
from kiosk.daemon.hardware import Receiver
from kiosk.daemon.placing import Placing
from kiosk.daemon.rules_files import RuleBook

STOP_S = 2.0


class Gps:
    """Nothing, where there is no receiver or the site has no coordinates."""

    def __init__(self, config: KioskConfig, book: RuleBook, core: CoreState) -> None:
        latitude, longitude = config.site.latitude, config.site.longitude
        self._receiver: Receiver | None = None
        if not config.gps.host or latitude is None or longitude is None:
            return
        self._receiver = receiver = Receiver(config.gps)
        self._placing = Placing(receiver.position, (latitude, longitude), book, core.hub)
        self._time = GpsTime(receiver.moment, core.timekeeper)
        core.punching.place_now = self._placing.now

    def start(self) -> None:
        """Begin to listen."""
        if self._receiver:
            self._receiver.start()

    def stop(self) -> bool:
        """Hang up; whether that was done in time."""
        return self._receiver is None or self._receiver.stop(STOP_S)

    def tick(self) -> None:
        """Take what it tells now; on the engine's thread."""
        if self._receiver:
            self._placing.tick()
            self._time.tick()
