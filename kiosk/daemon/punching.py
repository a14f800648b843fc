"""From an identified person to a record and a card: decide, commit, and only then announce."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from kiosk.core import payload, rules
from kiosk.core.config import KioskConfig
from kiosk.core.record import TimeBlock
from kiosk.core.view import Card, CardKind
from kiosk.daemon.history import history_before
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.refusals import Refusals
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.seen import FingerSeen, PoorImage
from kiosk.daemon.store import PersonState, Store, StoreError
from kiosk.daemon.waiting import Waiting

log = logging.getLogger(__name__)
GRADES: dict[str, str] = {"finger": "B"}
"""Evidence grade by method: A two factors, B one biometric, C witnessed, D on paper."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a punch has that a plain tap has not; see `payload.Punch`."""

    grade: str
    chosen: rules.Direction = "none"
    witness: str | None = None
    claimed_ms: int | None = None
    category: str = ""
    queued: bool = False
    text: payload.NotePrivate | None = None
    face: payload.FaceProof | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody known stood before a device."""

    person: PersonState
    method: payload.Method
    seen: FingerSeen
    beside: Beside | None = None


Confirm = Callable[[PersonState, FingerSeen], bool]
"""Takes a finger as the answer to a presence check; whether one was open for this person."""


BesideFinger = Callable[[PersonState, FingerSeen], Beside | None]
"""What a face seen shortly before adds to a finger, if anything."""
Took = Callable[[int, str, payload.Method], None]
"""Told of each punch after its commit: seq, whose, by which method."""
NO_PUNCH = ("outside", "closed", "extra")
"""Verdicts on a face that only walks past: people pass a lobby all day."""


class Punching:
    """Handles what readers see; used on the engine's thread only."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        refusals: Refusals,
        hub: ViewHub,
        config: KioskConfig,
        book: RuleBook,
    ) -> None:
        self._store, self._journal, self._refusals, self._hub = store, journal, refusals, hub
        self._book = book
        self._zone = config.site.zone
        self._show_ms = round(config.screen.result_s * 1000)
        self._place = _place(config)
        self.waiting: Waiting | None = None
        self.confirm: Confirm | None = None
        self.beside_finger: BesideFinger | None = None
        self.took: Took | None = None
        self._told: dict[str, int] = {}
        self.revoked = False
        self.place_now: Callable[[payload.Place], payload.Place] = lambda site: site

    def finger_seen(self, seen: FingerSeen) -> None:
        """Take, repeat or refuse; a card is shown in every case."""
        try:
            self._finger_seen(seen)
        except StoreError as error:
            log.error("punch not stored: %s; %s", error, error.hint)
            self._card("not_stored", type(error).__name__, seen)

    def poor_image(self, poor: PoorImage) -> None:
        """Show what to do better; nothing is recorded of an unread finger."""
        self._hub.show(Card(
            number=0, kind="poor_image", code=poor.reason, show_ms=self._show_ms, device=poor.device,
            at_ms=poor.at.wall_ms, trusted=poor.at.trusted,
        ))  # fmt: skip

    def _finger_seen(self, seen: FingerSeen) -> None:
        person = self._store.person_by_slot(seen.device, seen.slot) if seen.slot is not None else None
        if person is None:
            cause = "unknown_finger" if seen.slot is None else "stranger_slot"
            self._refusals.add(cause, seen.device, seen.at.boot_ms, detail=_slot_text(seen.slot))
            self._card("unknown", cause, seen)
            return
        if self.waiting and self.waiting.offer(person, seen):
            return
        confirmed = bool(self.confirm and self.confirm(person, seen))
        beside = self.beside_finger(person, seen) if self.beside_finger else None
        method: payload.Method = "finger+face" if beside else "finger"
        self._decide(Attempt(person, method, seen, beside), confirmed=confirmed)

    def face_seen(self, attempt: Attempt) -> int | None:
        """Take a recognised face; the seq of its punch, None when it was none. Raises `StoreError`."""
        confirmed = bool(self.confirm and self.confirm(attempt.person, attempt.seen))
        return self._decide(attempt, confirmed=confirmed)[1]

    def take_beside(self, attempt: Attempt) -> tuple[rules.Verdict, int | None]:
        """Take a punch that is more than a tap; its verdict and seq, None when it was no punch."""
        return self._decide(attempt)

    def _decide(self, attempt: Attempt, *, confirmed: bool = False) -> tuple[rules.Verdict, int | None]:
        person, seen, beside = attempt.person, attempt.seen, attempt.beside
        if self.revoked:
            self._refuse(attempt, "revoked")
            return rules.Verdict("refuse", "closed"), None
        claimed_ms = beside.claimed_ms if beside else None
        at = seen.at if claimed_ms is None else TimeBlock(claimed_ms, "operator", 60_000, "", 0)
        history = history_before(self._store, person.person_id, at)
        verdict = rules.decide(
            self._store.subject_of(person),
            rules.Event(at, self._zone, attempt.method, beside.chosen if beside else "none"),
            history,
            self._book.policy,
            self._book.calendar,
        )
        if verdict.code == "closed" and beside and beside.queued:
            verdict = rules.Verdict("take", "outside", beside.chosen)
        if attempt.method == "face" and not confirmed and self._passes_by(attempt, verdict):
            return verdict, None
        place = self.place_now(self._place)
        if confirmed and verdict.code in ("outside", "extra", "closed", "duplicate"):
            return verdict, None
        if place.fix == "outside" and verdict.outcome == "take" and attempt.method != "special":
            verdict = msgspec.structs.replace(verdict, outcome="refuse")
            self._refuse(attempt, "outside_site")
        elif verdict.outcome == "take":
            return verdict, self._take(attempt, verdict, place)
        elif verdict.outcome == "repeat":
            self._repeat(attempt, verdict, history[-1].at)
        else:
            self._refuse(attempt, verdict.code)
        return verdict, None

    def _passes_by(self, attempt: Attempt, verdict: rules.Verdict) -> bool:
        """Whether a face is greeted only, or has been told already that its punch is recorded."""
        person_id = attempt.person.person_id
        if verdict.code in NO_PUNCH:
            self._card("greeting", verdict.code, attempt.seen, name=attempt.person.name)
            return True
        told = verdict.outcome == "repeat" and self._told.get(person_id) == verdict.of_seq
        if verdict.outcome == "repeat":
            self._told[person_id] = verdict.of_seq
        return told

    def _refuse(self, attempt: Attempt, code: str) -> None:
        person, seen = attempt.person, attempt.seen
        self._refusals.add(code, seen.device, seen.at.boot_ms, person_id=person.person_id)
        self._card("refused", code, seen, name=person.name)

    def _take(self, attempt: Attempt, verdict: rules.Verdict, place: payload.Place) -> int:
        seen, beside = attempt.seen, attempt.beside or Beside(GRADES[attempt.method])
        punch = payload.Punch(
            person_id=attempt.person.person_id,
            method=attempt.method,
            device=seen.device,
            grade=beside.grade,
            shown=payload.Shown(
                verdict.code,
                verdict.direction,
                verdict.session,
                verdict.late_s,
                verdict.early_s,
                verdict.absence,
                verdict.overtime_s,
            ),
            place=place,
            versions=self._book.versions,
            slot=seen.slot,
            score=seen.score,
            simulated=seen.simulated,
            witness=beside.witness,
            claimed_ms=beside.claimed_ms,
            category=beside.category,
            queued=beside.queued,
            chosen=beside.chosen,
            face=beside.face,
        )
        (written,) = self._journal.write(Entry(punch, seen.at, beside.text))
        self._hub.change(today=self._store.punches_today(seen.at, self._zone))
        self._verdict_card("taken", attempt, verdict, written.seq, seen.at)
        if self.took:
            self.took(written.seq, punch.person_id, punch.method)
        return written.seq

    def _repeat(self, attempt: Attempt, verdict: rules.Verdict, first: TimeBlock) -> None:
        repeat = payload.Repeat(
            person_id=attempt.person.person_id,
            of_seq=verdict.of_seq,
            method=attempt.method,
            device=attempt.seen.device,
        )
        self._journal.write(Entry(repeat, attempt.seen.at))
        self._verdict_card("repeat", attempt, verdict, verdict.of_seq, first)

    def _verdict_card(
        self, kind: CardKind, attempt: Attempt, verdict: rules.Verdict, seq: int, at: TimeBlock
    ) -> None:
        self._hub.show(Card(
            number=0, kind=kind, code=verdict.code, show_ms=self._show_ms, name=attempt.person.name,
            at_ms=at.wall_ms, trusted=at.trusted, direction=verdict.direction, session=verdict.session,
            late_s=verdict.late_s, early_s=verdict.early_s, seq=seq, device=attempt.seen.device,
            absence=verdict.absence, overtime_s=verdict.overtime_s,
            grade=attempt.beside.grade if attempt.beside else "",
        ))  # fmt: skip

    def _card(self, kind: CardKind, code: str, seen: FingerSeen, name: str = "") -> None:
        self._hub.show(Card(
            number=0, kind=kind, code=code, show_ms=self._show_ms, name=name, at_ms=seen.at.wall_ms,
            trusted=seen.at.trusted, device=seen.device,
        ))  # fmt: skip


def _place(config: KioskConfig) -> payload.Place:
    site = config.site
    return payload.Place(
        site=site.id,
        lat_e7=None if site.latitude is None else round(site.latitude * 10_000_000),
        lon_e7=None if site.longitude is None else round(site.longitude * 10_000_000),
    )


def _slot_text(slot: int | None) -> str:
    return "" if slot is None else f"slot {slot}"
