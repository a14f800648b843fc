"""Ways to punch beside the finger: PIN and witness, special punch, late entry from paper; validation."""

from __future__ import annotations

import base64
from concurrent.futures import Future
from datetime import datetime
from typing import NoReturn

from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.rules import Verdict
from kiosk.core.view import FlowView
from kiosk.core.zone import ZONES, local, wall_ms
from kiosk.daemon.desk.parts import Actor, DeskParts, Do, photo_of
from kiosk.daemon.desk.pins import Pins
from kiosk.daemon.evidence import EvidenceError
from kiosk.daemon.face_jobs import Answer
from kiosk.daemon.photos import is_there
from kiosk.daemon.punching import Attempt, Beside
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seen import FingerSeen
from kiosk.daemon.store import PersonState
from kiosk.daemon.store.desk_queries import DeskRow

SCREEN = "screen"
DIRECTION_MS = 60_000
MOST_LATE_DAYS = 40


class Ways:
    """Carries out the punches that are more than a tap."""

    def __init__(self, parts: DeskParts, pins: Pins) -> None:
        self._parts, self._pins = parts, pins

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {
            desk.PunchPin: self.pin, desk.PunchSpecial: self.special, desk.PunchPaper: self.paper,
            desk.SetDirection: self.direction, desk.GetQueue: self.queue, desk.Validate: self.validate,
            desk.GetPhoto: self.photo,
        }  # fmt: skip

    def pin(self, command: desk.PunchPin, actor: Actor) -> desk.Punched:
        """NIP, PIN, photo, and a colleague's finger beside them."""
        person, photo = self._by_pin(command.number, command.pin), photo_of(command.photo)
        flow, shot = FlowView(name="pin", step="witness", person=person.name), self._shot(person, photo)
        came = self._parts.waiting.finger(
            flow, command.wait_s, lambda other: other.active and other.person_id != person.person_id
        )
        grade = "C" if photo or (shot and is_there(shot)) else "D"
        beside = Beside(grade, command.direction, witness=came.person.person_id)
        done = self._take(person, "pin", came.seen, beside)
        self._parts.keep_photo(photo, done.seq, "person")
        if shot:
            self._parts.photos.beside(shot, done.seq, person.person_id)
        return desk.Punched(
            seq=done.seq, name=done.name, grade=done.grade, code=done.code, direction=done.direction,
            witness=came.person.name,
        )  # fmt: skip

    def special(self, command: desk.PunchSpecial, actor: Actor) -> desk.Punched:
        """Field duty, a ceremony, a briefing: with its letter, for somebody to validate."""
        photo = photo_of(command.photo)
        if command.category == "field_duty" and not command.letter.strip():
            refuse("bad_request", "field duty needs the number of its letter", "type the letter's number")
        if command.number:
            person, seen = self._by_pin(command.number, command.pin), self._at_screen()
        else:
            flow = FlowView(name="special", step="finger")
            person, seen = self._parts.waiting.finger(flow, command.wait_s, lambda one: one.active)
        grade = "D" if command.number else "B"
        text = payload.NotePrivate(letter=_clean(command.letter), note=_clean(command.note))
        beside = Beside(grade, command.direction, category=command.category, queued=True, text=text)
        done = self._take(person, "special", seen, beside)
        self._parts.keep_photo(photo, done.seq, "letter")
        return done

    def paper(self, command: desk.PunchPaper, actor: Actor) -> desk.Punched:
        """What stands on the attendance sheet, entered by an operator."""
        person, photo = self._parts.active(command.number), photo_of(command.photo)
        claimed_ms = self._claimed(command.local)
        beside = Beside(
            "D", command.direction, None if actor.is_socket else actor.id, claimed_ms, queued=True,
            text=payload.NotePrivate(note=_clean(command.reason)),
        )  # fmt: skip
        done = self._take(person, "paper", self._at_screen(), beside)
        self._parts.admin(actor, "paper", person.person_id, f"seq {done.seq}")
        self._parts.keep_photo(photo, done.seq, "sheet")
        return done

    def direction(self, command: desk.SetDirection, actor: Actor) -> Done:
        """In or out after all, within a minute of the punch."""
        parts, now = self._parts, self._parts.now()

        def task() -> str:
            found = parts.core.store.punch_at(command.seq)
            if found is None:
                return ""
            person_id, at = found
            if at.boot_id != now.boot_id or now.boot_ms - at.boot_ms > DIRECTION_MS:
                return ""
            parts.core.journal.note(payload.DirectionSet(
                punch_seq=command.seq, person_id=person_id, direction=command.direction
            ))  # fmt: skip
            return person_id

        if not parts.on_engine(task):
            refuse("conflict", "only a punch of the last minute can be changed", "ask the operator")
        return Done(command.direction)

    def queue(self, command: desk.GetQueue, actor: Actor) -> desk.Queue:
        """Everything that waits for somebody's yes or no."""
        self._parts.looked(actor, "queue")
        store = self._parts.core.store
        return self._parts.on_engine(lambda: desk.Queue(tuple(sorted(
            (*(self._row(row) for row in store.waiting()),
             *(self._row(row, flags) for row, flags in store.flagged())),
            key=lambda row: row.local,
        ))))  # fmt: skip

    def validate(self, command: desk.Validate, actor: Actor) -> Done:
        """Accept or reject. Nobody validates their own, nor, by the policy, what they entered themselves."""
        parts = self._parts
        who = parts.person(command.actor).person_id if command.actor and actor.is_socket else actor.id
        rows = [row for row in parts.on_engine(self._undecided) if row.seq == command.seq]
        if not rows:
            refuse("not_found", f"record {command.seq} does not wait for a validation", "kioskctl queue")
        punch = rows[-1].record
        if who == punch.person_id:
            refuse("not_allowed", "nobody validates their own punch", "another operator or head of unit")
        if parts.policy.two_persons and punch.method == "paper" and who == punch.witness:
            refuse(
                "not_allowed", "whoever entered it does not validate it", "another operator or head of unit"
            )
        parts.note(
            payload.Validation(
                punch_seq=command.seq, person_id=punch.person_id, accept=command.accept, actor=who
            ),
            payload.NotePrivate(note=_clean(command.note)) if command.note else None,
        )
        self.show_queue()
        return Done("accepted" if command.accept else "rejected")

    def photo(self, command: desk.GetPhoto, actor: Actor) -> desk.PhotoOut:
        """The first photo beside a punch."""
        parts, store = self._parts, self._parts.core.store
        kept = parts.on_engine(lambda: store.evidence(seq=command.seq))
        parts.looked(actor, "photo", parts.on_engine(lambda: store.person_of(command.seq)))
        if not kept:
            return desk.PhotoOut(command.seq, "", "")
        try:
            photo = parts.evidence.get(
                kept[-1].ciphertext_sha256, kept[-1].ledger_id, command.seq, kept[-1].kind
            )
        except EvidenceError as error:
            refuse("not_found", str(error), error.hint)
        return desk.PhotoOut(command.seq, kept[-1].kind, base64.b64encode(photo).decode())

    def show_queue(self) -> None:
        """Tell the screen how many wait."""
        self._parts.on_engine(self.count_queue)

    def count_queue(self) -> None:
        """The same, on the engine's thread."""
        self._parts.core.hub.change(queue=len(self._undecided()))

    def _undecided(self) -> list[DeskRow[payload.Punch]]:
        store = self._parts.core.store
        return [*store.waiting(), *(row for row, _ in store.flagged())]

    def _shot(self, person: PersonState, photo: bytes) -> Future[Answer] | None:
        """The camera's own picture, taken while the witness comes; none where the client brought one."""
        return None if photo else self._parts.photos.take(person.person_id)

    def _by_pin(self, number: str, pin: str) -> PersonState:
        try:
            text = parse_number(number).text
        except BadNumberError as error:
            refuse("bad_request", f"{number[:40]}: {error}", f"ask {error.ask}")
        store = self._parts.core.store
        person = self._pins.check(self._parts.on_engine(lambda: store.person_by_number(text)), pin)
        if not person.active:
            refuse("conflict", f"{person.name} is not active", "ask the unit's operator")
        return person

    def _take(
        self, person: PersonState, method: payload.Method, seen: FingerSeen, beside: Beside
    ) -> desk.Punched:
        parts, attempt = self._parts, Attempt(person, method, seen, beside)
        verdict, seq = parts.on_engine(lambda: parts.core.punching.take_beside(attempt))
        if seq is None:
            _refuse_verdict(verdict)
        if beside.queued:
            self.show_queue()
        return desk.Punched(
            seq=seq, name=person.name, grade=beside.grade, code=verdict.code, direction=verdict.direction,
            queued=beside.queued,
        )  # fmt: skip

    def _claimed(self, text: str) -> int:
        zone, now = self._parts.config.site.zone, self._parts.now()
        try:
            claimed_ms = wall_ms(datetime.fromisoformat(text).replace(tzinfo=ZONES[zone]))
        except ValueError:
            refuse("bad_request", f"{text!r} is no time", "2026-03-02 07:10")
        age_days = (now.wall_ms - claimed_ms) / 86_400_000
        if now.trusted and not 0 <= age_days <= MOST_LATE_DAYS:
            refuse(
                "bad_request",
                f"a late entry is at most {MOST_LATE_DAYS} days back, never ahead",
                "check the day",
            )
        return claimed_ms

    def _at_screen(self) -> FingerSeen:
        return FingerSeen(SCREEN, None, 0, self._parts.now(), simulated=False)

    def _row(self, row: DeskRow[payload.Punch], flags: tuple[str, ...] = ()) -> desk.QueueRow:
        store, punch = self._parts.core.store, row.record
        person = store.person(punch.person_id)
        moment = punch.claimed_ms if punch.claimed_ms is not None else row.wall_ms
        return desk.QueueRow(
            seq=row.seq, person_id=punch.person_id, number=person.number if person else "",
            name=person.name if person else "", method=punch.method, category=punch.category,
            local=local(moment, self._parts.config.site.zone).isoformat(sep=" ", timespec="seconds")[:19],
            letter=row.text.letter, note=row.text.note, direction=punch.shown.direction, grade=punch.grade,
            evidence=tuple(
                e.kind for e in store.evidence(person_id=punch.person_id) if e.punch_seq == row.seq
            ),
            flags=flags,
        )  # fmt: skip


def _refuse_verdict(verdict: Verdict) -> NoReturn:
    if verdict.code == "duplicate":
        refuse("conflict", f"already recorded (record {verdict.of_seq})", "nothing to do")
    refuse("not_allowed", f"not taken: {verdict.code}", "ask the operator")


def _clean(text: str) -> str:
    """Without control and direction-changing characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
