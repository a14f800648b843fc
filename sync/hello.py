"""The retained `up/state`: who the device is, signed by it; also its last will."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core.sign import message_statement
from sync.source import LedgerSource
from sync.topics import DeviceName
from sync.wire import PROTOCOL, LedgerAt, Presence, Signed, State, encode

MOST_LEDGERS = 32


def no_roster() -> int:
    """The version of a device that has no roster of the centre."""
    return 0


@dataclass(frozen=True, slots=True)
class DeviceHello:
    """What a device says about itself; keys are hex. `roster` tells the roster's version in force.

    `sign_head` signs for one ledger, by its id: one that was begun with an older key is signed with that.
    """

    sign_key: str
    receive_key: str
    software: str
    site: str
    boot_id: str
    simulated: bool = False
    roster: Callable[[], int] = no_roster
    sign_head: Callable[[str, bytes], tuple[str, str]] | None = None


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
        roster=hello.roster(),
    )
    return signed("state", name, encode(state).decode(), hello.sign_key, source)


def signed(kind: str, name: DeviceName, body: str, sign_key: str, source: LedgerSource) -> bytes:
    """A message of the device, signed over `body` as it stands."""
    sig = source.sign(message_statement(kind, name.tenant, name.device, body))
    return encode(Signed(PROTOCOL, body, sign_key, sig))
