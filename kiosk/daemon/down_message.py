"""Words of the centre on the screen, until their time is over; they outlast a restart."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kiosk.core.view import MessageView
from kiosk.daemon.durable import write_durably
from kiosk.daemon.hub import ViewHub

NAME = "message.json"


class Message:
    """One message at a time. `show` belongs to any thread, `tick` to the engine's."""

    def __init__(self, state_dir: Path, hub: ViewHub) -> None:
        self._path, self._hub = state_dir / NAME, hub

    def load(self) -> None:
        """Show what was shown before the stop; an unreadable file is no message."""
        try:
            self._hub.change(message=msgspec.json.decode(self._path.read_bytes(), type=MessageView))
        except (OSError, msgspec.DecodeError):
            self._hub.change(message=None)

    def show(self, message: MessageView | None) -> None:
        """Show `message`, or none. Raises `OSError`."""
        if message is None:
            self._path.unlink(missing_ok=True)
        else:
            write_durably(self._path, msgspec.json.encode(message))
        self._hub.change(message=message)

    def tick(self, wall_ms: int) -> None:
        """Take it away when its time is over."""
        shown = self._hub.view.message
        if shown is not None and wall_ms >= shown.until_ms:
            self.show(None)
