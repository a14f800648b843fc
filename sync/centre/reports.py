"""What the centre can say: devices, ledgers, gaps, punches; plain structs, ready for `--json`."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.centre.store import Tx
from sync.wire import State, WireError, decode


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
    """One ledger. `only_here` counts records the device no longer has: it went on from `linked_at`."""

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
    """One punch; provisional until its record has come in its turn."""

    ledger_id: str
    seq: int
    tenant: str
    device: str
    person_id: str
    number: str
    name: str
    wall_ms: int
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


def devices(tx: Tx) -> list[DeviceReport]:
    """Every key of every device, those waiting first."""
    rows = tx.all(
        "SELECT k.tenant, k.device, k.sign_key, k.state, p.status, p.changed_ms, p.body FROM device_keys k"
        " LEFT JOIN presence p ON p.tenant = k.tenant AND p.device = k.device AND p.sign_key = k.sign_key"
        " ORDER BY CASE k.state WHEN 'waiting' THEN 0 ELSE 1 END, k.tenant, k.device, k.first_seen_ms"
    )
    return [_device(*row) for row in rows]


def ledgers(tx: Tx) -> list[LedgerReport]:
    """Every ledger, oldest first."""
    rows = tx.all(
        "SELECT l.ledger_id, l.tenant, l.device, l.head_seq, l.head_hash, l.standing, l.reason,"
        " l.prev_ledger, l.prev_seq,"
        " (SELECT max(n.prev_seq) FROM ledgers n WHERE n.prev_ledger = l.ledger_id),"
        " (SELECT count(*) FROM forks f WHERE f.ledger_id = l.ledger_id),"
        " (SELECT count(*) FROM staged s WHERE s.ledger_id = l.ledger_id)"
        " FROM ledgers l ORDER BY l.opened_ms, l.ledger_id"
    )
    return [_ledger(row) for row in rows]


def gaps(tx: Tx) -> list[GapReport]:
    """What is known to exist and is not here: before staged batches, and up to what devices say they have."""
    found = []
    said = _said_heads(tx)
    for ledger in ledgers(tx):
        first = ledger.seq + 1
        staged = tx.all(
            "SELECT from_seq, upto FROM staged WHERE ledger_id = ? ORDER BY from_seq", ledger.ledger_id
        )
        for from_seq, upto in staged:
            if from_seq > first:
                found.append(_gap(ledger, first, from_seq - 1, "staged"))
            first = max(first, upto + 1)
        end = min(said.get(ledger.ledger_id, 0), ledger.linked_at or said.get(ledger.ledger_id, 0))
        if end >= first:
            found.append(_gap(ledger, first, end, "device"))
    return found


def punches(tx: Tx, limit: int) -> list[PunchReport]:
    """The newest punches, newest first."""
    rows = tx.all(
        "SELECT c.ledger_id, c.seq, c.tenant, c.device, c.person_id, coalesce(p.number, ''),"
        " coalesce(p.name, ''), c.wall_ms, c.time_source, c.method, c.grade, c.code, c.direction, c.session,"
        " c.late_s, c.site, c.simulated, c.provisional FROM punches c"
        " LEFT JOIN people p ON p.tenant = c.tenant AND p.person_id = c.person_id"
        " ORDER BY c.wall_ms DESC, c.ledger_id, c.seq DESC LIMIT ?",
        limit,
    )
    names = PunchReport.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), PunchReport, strict=False) for row in rows]


def status(tx: Tx) -> StatusReport:
    """The whole state, with what somebody should do about it."""
    refusals = [
        RefusalReport(*row)
        for row in tx.all(
            "SELECT tenant, device, reason, count, last_ms, detail FROM refusals ORDER BY last_ms DESC"
        )
    ]
    keys, books = devices(tx), ledgers(tx)
    return StatusReport(
        records=_count(tx, "SELECT count(*) FROM records"),
        punches=_count(tx, "SELECT count(*) FROM punches WHERE provisional = 0"),
        provisional=_count(tx, "SELECT count(*) FROM punches WHERE provisional = 1"),
        devices=tuple(keys),
        ledgers=tuple(books),
        refusals=tuple(refusals),
        problems=tuple(_problems(keys, books)),
    )


def _problems(keys: list[DeviceReport], books: list[LedgerReport]) -> list[str]:
    waiting = [
        f"{k.tenant}/{k.device} waits for approval with key {k.key[:16]}:"
        f" compare it with the kiosk's own, then `hadir-centre approve {k.tenant}/{k.device}`"
        for k in keys
        if k.state == "waiting"
    ]
    return waiting + [text for book in books if (text := _ledger_problem(book))]


def _ledger_problem(book: LedgerReport) -> str:
    where = f"ledger {book.ledger_id} of {book.tenant}/{book.device}"
    if book.standing == "quarantined":
        return (
            f"{where} is QUARANTINED ({book.reason}): {book.forked} records of another history are kept;"
            " nothing more of it is acknowledged. Was the card copied?"
        )
    if book.reason == "unlinked":
        return f"{where} was begun without a link to the device's older ledger: was the card replaced?"
    if book.only_here:
        return (
            f"{where}: its last {book.only_here} records are only here;"
            f" the kiosk was put back and went on from {book.linked_at}"
        )
    return ""


def _device(
    tenant: str, device: str, key: str, state: str, status_: str | None, since: int | None, body: str | None
) -> DeviceReport:
    try:
        said = decode(body, State) if body else None
    except WireError:
        said = None
    site, software, simulated = (said.site, said.software, said.simulated) if said else ("", "", False)
    return DeviceReport(tenant, device, key, state, status_ or "unknown", since, site, software, simulated)


def _ledger(row: tuple[Any, ...]) -> LedgerReport:
    ledger_id, tenant, device, seq, hash_, standing, reason, previous, previous_seq, linked_at, *counts = row
    return LedgerReport(
        ledger_id=ledger_id,
        tenant=tenant,
        device=device,
        seq=seq,
        hash=bytes(hash_).hex(),
        standing=standing,
        reason=reason,
        previous=previous,
        previous_seq=previous_seq,
        linked_at=linked_at,
        only_here=max(0, seq - linked_at) if linked_at is not None else 0,
        forked=counts[0],
        staged=counts[1],
    )


def _said_heads(tx: Tx) -> dict[str, int]:
    heads: dict[str, int] = {}
    for (body,) in tx.all("SELECT body FROM presence"):
        try:
            said = decode(body, State)
        except WireError:
            continue
        heads |= {at.ledger_id: at.seq for at in said.ledgers}
    return heads


def _gap(ledger: LedgerReport, first: int, last: int, known_from: str) -> GapReport:
    return GapReport(ledger.ledger_id, ledger.tenant, ledger.device, first, last, known_from)


def _count(tx: Tx, sql: str) -> int:
    row = tx.one(sql)
    return int(row[0]) if row else 0
