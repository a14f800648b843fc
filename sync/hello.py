"""The retained `up/state`: who the device is, signed by it; also its last will."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.sign import message_statement
from sync.source import LedgerSource
from sync.topics import DeviceName
from sync.wire import PROTOCOL, LedgerAt, Presence, Signed, State, encode

MOST_LEDGERS = 32


@dataclass(frozen=True, slots=True)
class DeviceHello:
    """What a device says about itself; keys are hex."""

    sign_key: str
    receive_key: str
    software: str
    site: str
    boot_id: str
    simulated: bool = False


def state_message(hello: DeviceHello, name: DeviceName, source: LedgerSource, status: Presence) -> bytes:
    """The signed state; the newest ledgers are listed, oldest first."""
    ledgers = tuple(
        LedgerAt(head.ledger_id, head.seq, head.hash.hex()) for head in source.ledgers()[-MOST_LEDGERS:]
    )
    state = State(
        status=status,
        receive_key=hello.receive_key,
        software=hello.software,
        site=hello.site,
        boot_id=hello.boot_id,
        simulated=hello.simulated,
        ledgers=ledgers,
    )
    body = encode(state).decode()
    sig = source.sign(message_statement("state", name.tenant, name.device, body))
    return encode(Signed(PROTOCOL, body, hello.sign_key, sig))
