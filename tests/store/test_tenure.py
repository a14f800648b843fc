"""Since when and until when somebody is of the staff, corrected and merged like everything else."""

from __future__ import annotations

from kiosk.core import payload as p
from kiosk.core.record import TimeBlock
from kiosk.core.shifts import Stay
from kiosk.daemon.store import Store
from tests.store.samples import Reopen, append

HOUR_MS = 3_600_000
BOOT = "b"


def moment(wall_ms: int, source: str = "ntp") -> TimeBlock:
    return TimeBlock(wall_ms, source, None if source == "none" else 50, BOOT, wall_ms)  # type: ignore[arg-type]


def enter(store: Store, person_id: str, wall_ms: int, *, active: bool = True, name: str = "A") -> None:
    person = p.Person(person_id=person_id, category="PNS", active=active, source="test")
    with store.transaction() as transaction:
        transaction.append(person, moment(wall_ms), p.PersonPrivate(number=f"N-{person_id}", name=name))


def test_only_coming_and_leaving_leave_a_row(reopen: Reopen) -> None:
    store = reopen()
    enter(store, "a", 1 * HOUR_MS)
    enter(store, "a", 2 * HOUR_MS, name="B")
    enter(store, "a", 3 * HOUR_MS, active=False)
    enter(store, "a", 5 * HOUR_MS)
    assert store.stays("a") == (Stay(1 * HOUR_MS, 3 * HOUR_MS), Stay(5 * HOUR_MS))
    assert store.rebuild().differences == 0


def test_a_correction_of_the_clock_moves_them(reopen: Reopen) -> None:
    store = reopen()
    enter(store, "a", 1 * HOUR_MS)
    corrected = p.Correction(
        boot_id=BOOT, from_seq=1, upto_seq=store.head.seq, offset_ms=HOUR_MS, source="ntp", uncertainty_ms=9
    )
    append(store, corrected)
    assert store.stays("a") == (Stay(2 * HOUR_MS),)
    assert store.rebuild().differences == 0


def test_two_ids_of_one_person_are_one_stay(reopen: Reopen) -> None:
    store = reopen()
    enter(store, "a", 1 * HOUR_MS)
    enter(store, "b", 2 * HOUR_MS)
    append(store, p.Alias(person_id="a", same_as="b"))
    assert store.stays("b") == store.stays("a") == (Stay(1 * HOUR_MS),)


def test_a_period_lists_those_who_left_in_it_and_not_those_who_came_after(reopen: Reopen) -> None:
    store = reopen()
    enter(store, "left", 1 * HOUR_MS)
    enter(store, "left", 5 * HOUR_MS, active=False)
    enter(store, "stays", 2 * HOUR_MS)
    enter(store, "later", 9 * HOUR_MS)

    def listed(first: int, end: int) -> list[str]:
        return sorted(one.person_id for one in store.staff_between(first * HOUR_MS, end * HOUR_MS))

    assert listed(3, 6) == ["left", "stays"]
    assert listed(6, 8) == ["stays"]
    assert listed(6, 10) == ["later", "stays"]
