"""What goes out to devices."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.sign import message_statement
from sync.centre.keys import CentreKey
from sync.topics import DeviceName, Down
from sync.wire import PROTOCOL, Signed, encode


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a device; the broker keeps a `retain`ed one for whoever subscribes later."""

    topic: str
    payload: bytes
    retain: bool = False


def signed_letter(
    key: CentreKey, device: DeviceName, lane: Down, kind: str, body: str, *, retain: bool = False
) -> Outgoing:
    """A message of the centre for one device, signed over `body` as it stands."""
    sig = key.sign(message_statement(kind, device.tenant, device.device, body))
    return Outgoing(device.down(lane), encode(Signed(PROTOCOL, body, key.public_hex, sig)), retain)
