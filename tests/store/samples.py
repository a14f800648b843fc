"""Somebody who punches, and when."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import payload as p
from kiosk.core.record import TimeBlock
from kiosk.daemon.store import Appended, Identity, Store

NUMBER = "198001012005011001"
MORNING_MS = 1_791_244_800_000  # 2026-10-06 07:00 WIB
IDENTITY = Identity("dinas", "kiosk-1", "0.1")
Reopen = Callable[[], Store]


def at(after_s: float = 0, *, boot: str = "boot-1", source: str = "ntp") -> TimeBlock:
    ms = round(after_s * 1000)
    uncertainty = None if source == "none" else 50
    return TimeBlock(MORNING_MS + ms, source, uncertainty, boot, 60_000 + ms)  # type: ignore[arg-type]


def punch(person_id: str = "p1", *, direction: str = "in") -> p.Punch:
    return p.Punch(
        person_id=person_id, method="finger", device="r307", grade="A",
        shown=p.Shown("on_time", direction, "pagi"),  # type: ignore[arg-type]
        place=p.Place("kantor", -82_000_000, 1_137_000_000), versions=p.Versions("1", "1", "1"),
        slot=1, score=87,
    )  # fmt: skip


def person(person_id: str = "p1", *, active: bool = True) -> p.Person:
    return p.Person(person_id=person_id, category="PNS", active=active, source="test")


def enrolment(
    template_id: str, person_id: str = "p1", slot: int | None = 1, part: str = "right-index"
) -> p.Enrolment:
    return p.Enrolment(
        template_id=template_id, person_id=person_id, purpose="finger", part=part, device="r307",
        format="zfm-512", ciphertext_sha256="ab" * 32, slot=slot,
    )  # fmt: skip


def append(store: Store, *payloads: p.Payload, after_s: float = 0) -> list[Appended]:
    with store.transaction() as transaction:
        return [transaction.append(payload, at(after_s)) for payload in payloads]


def add_person(
    store: Store, person_id: str = "p1", number: str = NUMBER, name: str = "Siti Aminah"
) -> Appended:
    with store.transaction() as transaction:
        return transaction.append(person(person_id), at(), p.PersonPrivate(number=number, name=name))
