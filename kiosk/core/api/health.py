"""How the kiosk is."""

from __future__ import annotations

import msgspec

from kiosk.core.command import Command
from kiosk.core.view import ClockView, DeviceKind, DeviceStatus, DeviceView, LinkView


class GetStatus(Command, frozen=True, tag="status"):
    """State of everything; answered by `Status`."""


class GetHealth(Command, frozen=True, tag="health"):
    """What only the running kioskd knows, for `kioskctl doctor`; answered by `Health`."""


class Reload(Command, frozen=True, tag="reload"):
    """Read configuration, policy and calendar again; answered by `Reloaded`.

    Files with faults are refused, and nothing changes.
    """


class LedgerStatus(msgspec.Struct, frozen=True):
    """Where the ledger stands; `hash` is hex, `accepted` the centre's contiguous head of it."""

    ledger_id: str
    seq: int
    hash: str
    accepted: int
    previous: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a technician wants first. `problems` are sentences with what to do.

    `roster` is the version of the centre's, or `local`.
    `local_time` is the kiosk's own clock in its zone, `2026-01-31 07:05:12 WIB`; `centre_key` is the
    centre's public key in hex, empty when there is no delivery.
    """

    software: str
    device_id: str
    tenant: str
    site: str
    state_dir: str
    local_time: str
    centre_key: str
    uptime_s: int
    ready: bool
    simulated: tuple[str, ...]
    ledger: LedgerStatus
    link: LinkView
    clock: ClockView
    devices: tuple[DeviceView, ...]
    people: int
    fingers: int
    punches_today: int
    policy: str
    refused: dict[str, int]
    problems: tuple[str, ...] = ()
    roster: str = "local"


class DeviceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One device since kioskd started: `outages` ended or not, `fault_s` in fault of `watched_s` in all.

    `info` is the model when it is ready, the fault and its remedy otherwise; `notes` what else to know of
    what it holds, each with what to do after the last semicolon.
    """

    name: str
    kind: DeviceKind
    status: DeviceStatus
    simulated: bool
    cause: str
    info: str
    outages: int
    fault_s: int
    watched_s: int
    notes: tuple[str, ...] = ()


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What only the running kioskd knows. `engine_age_s`: since its engine last turned round.

    `link_cause` is a word of docs/protocol.md, empty when all is well; `link_ends` how often the broker has
    ended the connection in the last two minutes; `backlog_since_ms` the time (UTC) of the oldest record the
    centre has not accepted; `screens` how many watch the screen's socket.
    """

    config_file: str
    python: str
    link_cause: str
    link_ends: int
    backlog_since_ms: int | None
    screens: int
    engine_age_s: float
    devices: tuple[DeviceHealth, ...]


class Reloaded(msgspec.Struct, frozen=True):
    """The keys that count from now on, and those that the file has and the next start will bring."""

    applied: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
