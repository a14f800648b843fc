"""What the centre can say: devices, ledgers, gaps, punches."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.centre.genesis import reason_of
from sync.centre.problems import problems
from sync.centre.report_types import (
    DeviceReport,
    GapReport,
    LedgerReport,
    PunchReport,
    RefusalReport,
    StatusReport,
)
from sync.centre.store import Tx
from sync.wire import State, WireError, decode


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
    followed = _followed(tx)
    return [_ledger(row, followed.get(row[0], "")) for row in rows]


def _followed(tx: Tx) -> dict[str, str]:
    """Why each ledger's newest successor was begun."""
    rows = tx.all(
        "SELECT prev_ledger, ledger_id FROM ledgers WHERE prev_ledger IS NOT NULL"
        " ORDER BY prev_seq, opened_ms"
    )
    return {previous: reason_of(tx, ledger_id) for previous, ledger_id in rows}


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
        " coalesce(p.name, ''), c.wall_ms, c.true_ms, c.time_source, c.method, c.grade, c.code,"
        " c.direction, c.session, c.late_s, c.site, c.simulated, c.provisional FROM every_punch c"
        " LEFT JOIN people p ON p.tenant = c.tenant AND p.person_id = c.person_id"
        " ORDER BY c.true_ms DESC, c.ledger_id, c.seq DESC LIMIT ?",
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
        records=_count(tx, "SELECT coalesce(sum(head_seq), 0) FROM ledgers"),
        punches=_count(tx, "SELECT count(*) FROM punches"),
        provisional=_count(tx, "SELECT count(*) FROM every_punch WHERE provisional = 1"),
        devices=tuple(keys),
        ledgers=tuple(books),
        refusals=tuple(refusals),
        problems=tuple(problems(keys, books)),
    )


def _device(
    tenant: str, device: str, key: str, state: str, status_: str | None, since: int | None, body: str | None
) -> DeviceReport:
    try:
        said = decode(body, State) if body else None
    except WireError:
        said = None
    site, software, simulated = (said.site, said.software, said.simulated) if said else ("", "", False)
    return DeviceReport(tenant, device, key, state, status_ or "unknown", since, site, software, simulated)


def _ledger(row: tuple[Any, ...], followed: str) -> LedgerReport:
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
        followed=followed,
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
