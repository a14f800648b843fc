"""Punches, people and absences for reports, made from the records as they come; made anew at any time.

The tables hold what the records say after later knowledge: corrected times, validations, aliases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from kiosk.core import payload as p
from sync.centre import down_projection
from sync.centre.carried import is_counted, is_shown, places, set_punch, take_place
from sync.centre.content import PunchSeen
from sync.centre.envelope import Envelope
from sync.centre.incoming import Arrived
from sync.centre.ledgers import Ledger
from sync.centre.punch_rows import row_of
from sync.centre.store import Row, Tx

_private_decoder = msgspec.json.Decoder(p.PersonPrivate)


class Fact(msgspec.Struct, frozen=True):
    """A record on its way into the tables; the numbers it names are of the ledger `about`.

    What a `carried` record holds lies in the carrier's place.
    """

    ledger: Ledger
    seq: int
    envelope: Envelope
    private: tuple[str, str] | None
    about: str

    @property
    def tenant(self) -> str:
        """Whose people it speaks of."""
        return self.ledger.device.tenant


def project(tx: Tx, ledger: Ledger, records: list[Arrived], now_ms: int) -> None:
    """Bring the reports up to the records just appended."""
    seen_ms = _forget_provisional(tx, ledger, records[-1].seq)
    punches: list[Row] = []
    for record in records:
        if (content := record.content) is None:
            continue
        envelope, payload, about = content.envelope, content.payload, content.carrier
        if about is not None:
            if is_counted(tx, ledger, about):
                continue
            take_place(tx, ledger, record.seq, about)
        if isinstance(payload, PunchSeen):
            seen = seen_ms.get(record.seq, now_ms)
            punches.append(row_of(ledger, record.seq, envelope, payload, provisional=0, seen_ms=seen))
        else:
            tx.append("punches", punches)  # a correction or validation may speak of them
            punches = []
            named = about.ledger_id if about else ledger.ledger_id
            HANDLERS[type(payload)](tx, payload, Fact(ledger, record.seq, envelope, record.private, named))
    tx.append("punches", punches)


def project_provisional(tx: Tx, fresh: Sequence[tuple[Ledger, Arrived]], now_ms: int) -> None:
    """Show records of the live lane until the same come in their turn; nothing is locked."""
    tx.many(
        "INSERT INTO provisional VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(ledger.ledger_id, record.seq, record.body, now_ms) for ledger, record in fresh],
    )
    tx.many(
        f"INSERT INTO early_punches VALUES ({', '.join('?' * 21)}) ON CONFLICT DO NOTHING",
        [
            row_of(ledger, record.seq, read.envelope, read.payload, provisional=1, seen_ms=now_ms)
            for ledger, record in fresh
            if (read := record.content)
            and isinstance(read.payload, PunchSeen)
            and not (read.carrier and is_shown(tx, ledger, read.carrier))
        ],
    )


def _forget_provisional(tx: Tx, ledger: Ledger, upto: int) -> dict[int, int]:
    """Take out what was shown early and is here now; when each was first seen."""
    if not ledger.early:
        return {}
    which = "WHERE ledger_id = ? AND seq <= ?"
    seen = tx.all(f"SELECT seq, received_ms FROM early_punches {which}", ledger.ledger_id, upto)
    for table in ("provisional", "early_punches"):
        tx.run(f"DELETE FROM {table} {which}", ledger.ledger_id, upto)
    return {seq: received_ms for seq, received_ms in seen}  # noqa: C416 - a row is a tuple of anything


def _correct(tx: Tx, correction: p.Correction, fact: Fact) -> None:
    """Of its own ledger, and what was carried out of that; not what that carries, which is of another one."""
    change = "UPDATE punches SET true_ms = wall_ms + ?, time_source = ? WHERE boot_id = ?"
    values = (correction.offset_ms, correction.source, correction.boot_id)
    device, stretch = fact.ledger.device, (fact.about, correction.from_seq, correction.upto_seq)
    tx.run(
        f"{change} AND tenant = ? AND device = ? AND ledger_id = ? AND seq BETWEEN ? AND ? AND NOT EXISTS"
        " (SELECT 1 FROM carried c WHERE c.carrier_id = punches.ledger_id AND c.carrier_seq = punches.seq)",
        *values, device.tenant, device.device, *stretch,
    )  # fmt: skip
    moved = places(tx, device, *stretch)
    tx.many(f"{change} AND ledger_id = ? AND seq = ?", [(*values, *place) for place in moved])


def _validate(tx: Tx, validation: p.Validation, fact: Fact) -> None:
    standing = "counted" if validation.accept else "rejected"
    set_punch(tx, fact.ledger.device, (fact.about, validation.punch_seq), "standing", standing)


def _direct(tx: Tx, chosen: p.DirectionSet, fact: Fact) -> None:
    set_punch(tx, fact.ledger.device, (fact.about, chosen.punch_seq), "direction", chosen.direction)


def _person(tx: Tx, person: p.Person, fact: Fact) -> None:
    private = _person_private(fact.private)
    tx.run(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, person_id) DO UPDATE SET"
        " number = excluded.number, name = excluded.name, unit = excluded.unit,"
        " category = excluded.category, active = excluded.active, ledger_id = excluded.ledger_id,"
        " seq = excluded.seq",
        fact.tenant, person.person_id, private.number, private.name, private.unit,
        person.category, int(person.active), fact.ledger.ledger_id, fact.seq,
    )  # fmt: skip


def _person_private(part: tuple[str, str] | None) -> p.PersonPrivate:
    try:
        if part:
            return _private_decoder.decode(part[1])
    except msgspec.DecodeError:
        pass
    return p.PersonPrivate(number="", name="")


def _alias(tx: Tx, alias: p.Alias, fact: Fact) -> None:
    found = tx.one(
        "SELECT same_as FROM aliases WHERE tenant = ? AND person_id = ?", fact.tenant, alias.same_as
    )
    same_as = found[0] if found else alias.same_as
    if same_as == alias.person_id:
        return
    tx.run(
        "UPDATE aliases SET same_as = ? WHERE tenant = ? AND same_as = ?",
        same_as, fact.tenant, alias.person_id,
    )  # fmt: skip
    tx.run(
        "INSERT INTO aliases VALUES (?, ?, ?)"
        " ON CONFLICT (tenant, person_id) DO UPDATE SET same_as = excluded.same_as",
        fact.tenant, alias.person_id, same_as,
    )  # fmt: skip


def _absence(tx: Tx, absence: p.Absence, fact: Fact) -> None:
    tx.run(
        "INSERT INTO absences VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
        fact.tenant, absence.absence_id, absence.person_id, absence.kind, absence.first, absence.last,
        absence.half,
    )  # fmt: skip


def _absence_dropped(tx: Tx, dropped: p.AbsenceDropped, fact: Fact) -> None:
    tx.run(
        "UPDATE absences SET dropped = 1 WHERE tenant = ? AND absence_id = ?", fact.tenant, dropped.absence_id
    )


def _erase(tx: Tx, erased: p.Erased, fact: Fact) -> None:
    """The device deleted private parts of its own: so do we, in every history, and what was made of them."""
    device = fact.ledger.device
    own = "SELECT 1 FROM ledgers WHERE ledger_id = ? AND tenant = ? AND device = ?"
    if tx.one(own, erased.ledger_id, device.tenant, device.device) is None:
        return
    places = [(erased.ledger_id, seq) for seq in erased.seqs]
    for table in ("private_parts", "fork_private_parts"):
        tx.many(f"DELETE FROM {table} WHERE ledger_id = ? AND seq = ?", places)
    tx.many("UPDATE people SET number = '', name = '', unit = '' WHERE ledger_id = ? AND seq = ?", places)


HANDLERS: dict[type[p.Payload], Callable[[Tx, Any, Fact], None]] = {
    p.Correction: _correct,
    p.Validation: _validate,
    p.DirectionSet: _direct,
    p.Person: _person,
    p.Alias: _alias,
    p.Absence: _absence,
    p.AbsenceDropped: _absence_dropped,
    p.Erased: _erase,
    **down_projection.HANDLERS,
}
