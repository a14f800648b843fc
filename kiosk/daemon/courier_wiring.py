"""How sticks hang together with the rest of the kiosk."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.daemon.courier import Courier
from kiosk.daemon.courier_desk import CourierDesk
from kiosk.daemon.courier_parts import CourierParts
from kiosk.daemon.sticks import StickWatch

WATCH_STOP_S = 3.0


class Sticks:
    """The courier, what can be asked of it, and, with a folder for sticks configured, a watch over it."""

    def __init__(self, parts: CourierParts) -> None:
        self._courier = courier = Courier(parts)
        self._watch = StickWatch(courier.folder, courier.name, courier.visit) if courier.folder else None
        self.desk = CourierDesk(courier, parts)

    def carry(self, files: Mapping[str, bytes], wait_s: float) -> list[str]:
        """Write files to the stick in the kiosk, or the next one; their paths on it. Raises `Refusal`."""
        return self._courier.carry(files, wait_s)

    def start(self) -> None:
        """Begin to look for sticks."""
        if self._watch:
            self._watch.start()

    def stop(self) -> bool:
        """Leave the stick as it is, look no more; whether that was done in time."""
        self._courier.stop()
        return self._watch is None or self._watch.stop(WATCH_STOP_S)
