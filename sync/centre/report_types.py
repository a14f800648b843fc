"""What the centre's reports are made of: plain structs, ready for `--json`."""

from __future__ import annotations

import msgspec


class DeviceReport(msgspec.Struct, frozen=True):
    """One key of one device. `status` is online, offline or unknown; `since_ms` when that was said."""

    tenant: str
    device: str
    key: str
    state: str
    status: str
    since_ms: int | None
    site: str
    software: str
    simulated: bool


class LedgerReport(msgspec.Struct, frozen=True):
    """One ledger. `only_here` counts records the device no longer has: it went on from `linked_at`.

    `followed` is why it did: the reason in the next ledger's genesis (docs/ledger.md).
    """

    ledger_id: str
    tenant: str
    device: str
    seq: int
    hash: str
    standing: str
    reason: str
    previous: str | None
    previous_seq: int | None
    linked_at: int | None
    only_here: int
    followed: str
    forked: int
    staged: int


class GapReport(msgspec.Struct, frozen=True):
    """Records `first` to `last` are not here; `known_from` says how we know of them."""

    ledger_id: str
    tenant: str
    device: str
    first: int
    last: int
    known_from: str


class PunchReport(msgspec.Struct, frozen=True):
    """One punch; provisional until its record has come in its turn.

    `wall_ms` is what the kiosk's clock said (UTC), `true_ms` what is known of the time by now.
    """

    ledger_id: str
    seq: int
    tenant: str
    device: str
    person_id: str
    number: str
    name: str
    wall_ms: int
    true_ms: int
    time_source: str
    method: str
    grade: str
    code: str
    direction: str
    session: str
    late_s: int
    site: str
    simulated: bool
    provisional: bool


class RefusalReport(msgspec.Struct, frozen=True):
    """Messages of one device that were not taken, by reason."""

    tenant: str
    device: str
    reason: str
    count: int
    last_ms: int
    detail: str


class StatusReport(msgspec.Struct, frozen=True):
    """Everything an operator wants first. `problems` are sentences with what to do."""

    records: int
    punches: int
    provisional: int
    devices: tuple[DeviceReport, ...]
    ledgers: tuple[LedgerReport, ...]
    refusals: tuple[RefusalReport, ...]
    problems: tuple[str, ...]
