"""Punches and people for reports, made from the records as they come; rebuilt from them at any time."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from kiosk.core.payload import Carried, Erased, Payload, Person, PersonPrivate, Punch, from_data
from kiosk.core.record import BadRecordError, decode_body
from sync.centre.incoming import Arrived
from sync.centre.ledgers import Ledger
from sync.centre.store import Tx

_PUNCH = (
    "INSERT INTO punches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (ledger_id, seq) DO UPDATE SET person_id = excluded.person_id, wall_ms = excluded.wall_ms,"
    " time_source = excluded.time_source, method = excluded.method, grade = excluded.grade,"
    " code = excluded.code, direction = excluded.direction, session = excluded.session,"
    " late_s = excluded.late_s, site = excluded.site, simulated = excluded.simulated, provisional = 0"
)


def project(tx: Tx, ledger: Ledger, records: list[Arrived], now_ms: int) -> None:
    """Bring the reports up to the records just appended."""
    punches = []
    for record in map(_unwrapped, records):
        payload = _payload(record)
        if isinstance(payload, Punch):
            punches.append(_punch_row(ledger, record, payload, 0, now_ms))
        elif isinstance(payload, Person):
            _person(tx, ledger, record, payload)
        elif isinstance(payload, Erased):
            _erase(tx, payload)
    tx.many(_PUNCH, punches)
    tx.run("DELETE FROM provisional WHERE ledger_id = ? AND seq <= ?", ledger.ledger_id, records[-1].seq)


def project_provisional(tx: Tx, ledger: Ledger, record: Arrived, now_ms: int) -> None:
    """Show a record of the live lane until the same comes in its turn."""
    tx.run(
        "INSERT INTO provisional VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ledger.ledger_id, record.seq, record.body, now_ms,
    )  # fmt: skip
    inner = _unwrapped(record)
    payload = _payload(inner)
    if isinstance(payload, Punch):
        row = _punch_row(ledger, inner, payload, 1, now_ms)
        tx.run(_PUNCH.partition(" ON CONFLICT")[0] + " ON CONFLICT DO NOTHING", *row)


def _unwrapped(record: Arrived) -> Arrived:
    """What a `carried` record holds, in the carrier's place; any other record as it is."""
    if record.envelope is None or record.envelope.type != Carried.TYPE:
        return record
    payload = _payload(record)
    if not isinstance(payload, Carried):
        return record
    try:
        return replace(record, envelope=decode_body(payload.body))
    except BadRecordError:
        return record


def _payload(record: Arrived) -> Payload | None:
    if record.envelope is None:
        return None
    try:
        return from_data(record.envelope.type, record.envelope.data)
    except msgspec.ValidationError:
        return None


def _punch_row(
    ledger: Ledger, record: Arrived, punch: Punch, provisional: int, now_ms: int
) -> tuple[str | int, ...]:
    assert record.envelope is not None
    at, shown, device = record.envelope.at, punch.shown, ledger.device
    return (
        ledger.ledger_id, record.seq, device.tenant, device.device, punch.person_id, at.wall_ms, at.source,
        punch.method, punch.grade, shown.code, shown.direction, shown.session, shown.late_s,
        punch.place.site, int(punch.simulated), provisional, now_ms,
    )  # fmt: skip


def _person(tx: Tx, ledger: Ledger, record: Arrived, person: Person) -> None:
    private = _person_private(record)
    tx.run(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, person_id) DO UPDATE SET"
        " number = excluded.number, name = excluded.name, unit = excluded.unit,"
        " category = excluded.category, active = excluded.active, ledger_id = excluded.ledger_id,"
        " seq = excluded.seq",
        ledger.device.tenant, person.person_id, private.number, private.name, private.unit,
        person.category, int(person.active), ledger.ledger_id, record.seq,
    )  # fmt: skip


def _person_private(record: Arrived) -> PersonPrivate:
    try:
        if record.private:
            return msgspec.json.decode(record.private[1], type=PersonPrivate)
    except msgspec.DecodeError:
        pass
    return PersonPrivate(number="", name="")


def _erase(tx: Tx, erased: Erased) -> None:
    """The device deleted private parts: so do we, and what was made of them."""
    places = [(erased.ledger_id, seq) for seq in erased.seqs]
    tx.many("DELETE FROM private_parts WHERE ledger_id = ? AND seq = ?", places)
    tx.many("UPDATE people SET number = '', name = '', unit = '' WHERE ledger_id = ? AND seq = ?", places)
