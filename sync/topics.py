"""The names of the topics: `hadir/v1/<tenant>/<device>/up/<lane>` and `.../down/<lane>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

ROOT = "hadir/v1"
Up = Literal["ledger", "live", "evidence", "state", "reply"]
Down = Literal["ack", "roster", "command", "evidence", "template"]


@dataclass(frozen=True, slots=True)
class DeviceName:
    """Who a device is on the wire."""

    tenant: str
    device: str

    def up(self, lane: Up) -> str:
        """Topic on which the device speaks."""
        return f"{ROOT}/{self.tenant}/{self.device}/up/{lane}"

    def down(self, lane: Down) -> str:
        """Topic on which the centre speaks to the device."""
        return f"{ROOT}/{self.tenant}/{self.device}/down/{lane}"

    def __str__(self) -> str:
        return f"{self.tenant}/{self.device}"


def every_device(lane: Up, group: str | None = None) -> str:
    """The centre's subscription to one lane; with `group` shared between its processes (MQTT v5, 4.8.2)."""
    topic = f"{ROOT}/+/+/up/{lane}"
    return f"$share/{group}/{topic}" if group else topic


def parse_up(topic: str) -> tuple[DeviceName, Up] | None:
    """Who speaks on `topic` and on which lane; `None` when it is none of ours."""
    parts = topic.split("/")
    if len(parts) != 6 or f"{parts[0]}/{parts[1]}" != ROOT or parts[4] != "up":
        return None
    if not parts[2] or not parts[3] or parts[5] not in get_args(Up):
        return None
    return DeviceName(parts[2], parts[3]), cast("Up", parts[5])
