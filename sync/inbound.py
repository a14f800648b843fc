"""What comes down from the centre: nothing is believed without its signature."""

from __future__ import annotations

from typing import get_args

from kiosk.core.sign import signature_holds
from sync.documents import Have, Kind, read_document, read_signed
from sync.events import Inbound
from sync.topics import DeviceName
from sync.wire import MAX_ACK_BYTES, Ack, WireError, decode


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
    for kind in get_args(Kind):
        if topic == name.down(kind):
            return Inbound(kind, read_document(kind, payload, name, centre_key))
    raise WireError("topic", topic)


def read_have(payload: bytes, name: DeviceName, centre_key: str) -> Have:
    """How much of a file the centre holds. Raises `WireError`."""
    return decode(read_signed("have", payload, name, centre_key, MAX_ACK_BYTES), Have)
