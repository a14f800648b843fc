"""`python -m kiosk.daemon.recap_child`: one recap in a process of its own, over one read-only transaction.

The order comes on standard input, the recap goes to standard output; the kiosk goes on with its punches.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from kiosk.core import desk
from kiosk.core.policy import Calendar, Policy
from kiosk.core.recap import Frame, PersonRecap, days_of, person_recap
from kiosk.core.shifts import ONE_DAY
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.store import PersonState, StoreReader
from kiosk.daemon.store.lists import day_bounds
from kiosk.report.files import Kind, made_as


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make a recap of; with `files`, as files by name in place of the recap."""

    state_dir: str
    site: str
    zone: ZoneName
    now_ms: int
    policy: Policy
    calendar: Calendar
    wanted: desk.GetRecap
    files: tuple[Kind, ...] = ()


def make(reader: StoreReader, order: Order) -> Iterator[bytes]:
    """The recap of everybody wanted as JSON, person by person: a regency's month is never in memory whole.

    Raises `ValueError` for a day that is none, `StoreError`.
    """
    days = days_of(order.wanted.period, date.fromisoformat(order.wanted.day))
    start, _ = day_bounds(days[0], order.zone)
    _, end = day_bounds(days[-1], order.zone)
    people = reader.staff_between(start, end, order.wanted.unit)
    if order.wanted.number:
        found = reader.person_by_number(order.wanted.number)
        people = [found] if found else []
    frame = Frame(order.policy, order.calendar, order.zone, order.now_ms)
    head = desk.Recap(
        site=order.site, zone=order.zone, period=order.wanted.period, first=days[0].isoformat(),
        last=days[-1].isoformat(), policy=order.policy.version, calendar=order.calendar.version,
        made_local=local(order.now_ms, order.zone).isoformat(sep=" ", timespec="seconds")[:19],
    )  # fmt: skip
    opened, closed = msgspec.json.encode(head)[:-2], b"]}"
    yield opened
    for number, person in enumerate(people):
        made = recap_of(reader, person, days, frame)
        if not order.wanted.days:
            made = msgspec.structs.replace(made, days=())
        yield (b"," if number else b"") + msgspec.json.encode(made)
    yield closed


def recap_of(reader: StoreReader, person: PersonState, days: Sequence[date], frame: Frame) -> PersonRecap:
    """One person's, by what the store holds now."""
    start, _ = day_bounds(days[0] - ONE_DAY, frame.zone)
    _, end = day_bounds(days[-1] + ONE_DAY, frame.zone)
    taken = reader.taken(person.person_id, start, end)
    subject = msgspec.structs.replace(reader.subject_of(person), stays=reader.stays(person.person_id))
    return person_recap(subject, person.name, taken, days, frame)


def as_files(made: desk.Recap, kinds: Sequence[Kind]) -> dict[str, bytes]:
    """By a name that says of which days."""
    word = {"day": "hari", "week": "minggu", "month": "bulan"}[made.period]
    return {f"rekap-{word}-{made.first}.{kind}": made_as(kind, made) for kind in kinds}


def main() -> int:
    """Exit 0 when the recap was written."""
    gc.disable()  # nothing here outlives the process, and looking for cycles takes a fifth of the time
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    with StoreReader.open(Path(order.state_dir)) as reader, reader.snapshot():
        if order.files:
            made = msgspec.json.decode(b"".join(make(reader, order)), type=desk.Recap)
            sys.stdout.buffer.write(msgspec.json.encode(as_files(made, order.files)))
        else:
            sys.stdout.buffer.writelines(make(reader, order))
    return 0


if __name__ == "__main__":
    sys.exit(main())
