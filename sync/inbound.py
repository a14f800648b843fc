"""What comes down from the centre: nothing is believed without its signature."""

from __future__ import annotations

from kiosk.core.sign import message_statement, signature_holds
from sync.events import Inbound
from sync.topics import DeviceName
from sync.wire import MAX_ACK_BYTES, Ack, Signed, WireError, decode


def read_ack(payload: bytes, centre_key: str) -> Ack:
    """The acknowledgement in `payload`.

    Raises `WireError`, with reason `signature` when it is not the centre's.
    """
    ack = decode(payload, Ack, MAX_ACK_BYTES)
    if not signature_holds(centre_key, ack.statement(), ack.sig):
        raise WireError("signature")
    return ack


def read_inbound(topic: str, payload: bytes, name: DeviceName, centre_key: str) -> Inbound:
    """The roster or command in `payload`. Raises `WireError`, reason `signature` or `topic` among others."""
    for kind in ("roster", "command"):
        if topic == name.down(kind):
            break
    else:
        raise WireError("topic", topic)
    message = decode(payload, Signed)
    statement = message_statement(kind, name.tenant, name.device, message.body)
    if message.key != centre_key or not signature_holds(centre_key, statement, message.sig):
        raise WireError("signature")
    return Inbound(kind, message.body)
