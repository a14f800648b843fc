"""From what kiosk-face has seen to a punch, a refusal, a greeting, or a question; see decision 085."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from kiosk.core import facing, payload
from kiosk.core.config import CAMERA, KioskConfig
from kiosk.core.record import TimeBlock
from kiosk.core.view import Card, CardKind
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.photos import Photos, Taken
from kiosk.daemon.punching import Attempt, Beside
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seen import FingerSeen
from kiosk.daemon.store import PersonState, StoreError

log = logging.getLogger(__name__)
DOUBT_MS = 20_000
MOST_TRIES = 3
ATTACK_PHOTOS = 3  # beside one record of refusals
MOST_WORDS, MOST_CHARACTERS, MOST_PROVENANCE = 24, 48, 160


@dataclass(slots=True)
class _Doubt:
    """Two people look too alike: which of them was it?"""

    people: tuple[str, ...]
    seen: facing.Seen
    at: TimeBlock
    tries: int = 0


class FacePunching:
    """Used on the engine's thread only."""

    def __init__(self, config: KioskConfig, core: CoreState, photos: Photos) -> None:
        self._core, self._photos = core, photos
        self._simulated, self._liveness = config.camera.simulated, config.face.liveness
        self._show_ms = round(config.screen.result_s * 1000)
        self._doubt: _Doubt | None = None
        self._attacks = (0, 0)
        core.punching.beside_finger = self._beside_finger

    def take(self, config: KioskConfig) -> None:
        """Go on with these settings."""
        self._liveness = config.face.liveness

    def seen(self, seen: facing.Seen, at: TimeBlock) -> None:
        """One visitor; `at` is when kiosk-face made up its mind."""
        try:
            self._seen(seen, at)
        except StoreError as error:
            log.error("punch not stored: %s; %s", error, error.hint)
            self._card("not_stored", type(error).__name__, at)

    def digits(self, digits: str) -> PersonState:
        """The last four digits that one of two look-alikes typed. Raises `Refusal`, `StoreError`."""
        doubt = self._open_doubt(self._core.clock.now())
        if doubt is None:
            refuse("conflict", "nobody is asked for digits now", "look into the camera again")
        doubt.tries += 1
        known = [person for person in self._people(doubt) if person.number.endswith(digits)]
        if len(known) != 1:
            if doubt.tries >= MOST_TRIES:
                self._doubt = None
            refuse("not_found", "these are not the last digits of either", "try again, or use a finger")
        self._doubt = None
        self._take(known[0], doubt.seen, doubt.at, Beside("C", face=self._proof(doubt.seen)), flag="digits")
        return known[0]

    def _seen(self, seen: facing.Seen, at: TimeBlock) -> None:
        person = self._core.store.person(seen.person_id) if seen.person_id else None
        if seen.kind in ("attack", "unproven"):
            self._attack(seen, at)
        elif seen.kind == "ambiguous" and person is not None:
            self._ask(seen, at)
        elif seen.kind != "recognised" or person is None:
            self._unknown(seen, at)
        else:
            beside = Beside(self._grade(seen), face=self._proof(seen))
            self._take(person, seen, at, beside, flag="liveness" if seen.suspect else "")

    def _grade(self, seen: facing.Seen) -> str:
        """B with proof of life; C where it was not asked for or failed."""
        return "C" if seen.suspect or self._liveness == "off" else "B"

    def _take(
        self, person: PersonState, seen: facing.Seen, at: TimeBlock, beside: Beside, *, flag: str
    ) -> None:
        attempt = Attempt(person, "face", self._at_camera(seen, at), beside)
        seq = self._core.punching.face_seen(attempt)
        if seq is None:
            return
        self._photos.keep(Taken(
            seen.jpeg, self._core.store.head.ledger_id, seq, "person", person.person_id, seen.score_milli
        ))  # fmt: skip
        if flag:
            self._core.journal.note(payload.Flag(punch_seq=seq, person_id=person.person_id, why=flag))
            self._photos.flagged()

    def _unknown(self, seen: facing.Seen, at: TimeBlock) -> None:
        """On record once for whoever stays; after the last look only finger or PIN are offered."""
        if seen.attempt == 1:
            self._core.refusals.add("unknown_face", CAMERA, at.boot_ms)
        last = seen.attempt > 1 and not seen.again
        self._card("unknown", "unknown_face_last" if last else "unknown_face", at)

    def _attack(self, seen: facing.Seen, at: TimeBlock) -> None:
        words = ", ".join(seen.evidence)[:200]
        person_id = seen.person_id or None
        seq = self._core.refusals.add(seen.kind, CAMERA, at.boot_ms, person_id=person_id, detail=words)
        before = self._attacks[1] if self._attacks[0] == seq else 0
        self._attacks = (seq, before + 1)
        if seq and before < ATTACK_PHOTOS:
            self._photos.keep(Taken(seen.jpeg, self._core.store.head.ledger_id, seq, "attack"))
        self._card("refused", seen.kind, at, seq)

    def _ask(self, seen: facing.Seen, at: TimeBlock) -> None:
        people = tuple(one for one in (seen.person_id, seen.second_id) if one)
        self._doubt = _Doubt(people, seen, at)
        self._core.hub.show(Card(
            number=0, kind="ambiguous", code="ambiguous", show_ms=DOUBT_MS, at_ms=at.wall_ms,
            trusted=at.trusted, device=CAMERA,
        ))  # fmt: skip

    def _beside_finger(self, person: PersonState, finger: FingerSeen) -> Beside | None:
        """What a finger adds to a face in doubt that may be the same person's: two factors."""
        doubt = self._open_doubt(finger.at)
        if doubt is None or person.person_id not in doubt.people:
            return None
        self._doubt = None
        return Beside("A", face=self._proof(doubt.seen))

    def _open_doubt(self, now: TimeBlock) -> _Doubt | None:
        if self._doubt is not None and now.boot_ms - self._doubt.at.boot_ms > DOUBT_MS:
            self._doubt = None
        return self._doubt

    def _people(self, doubt: _Doubt) -> list[PersonState]:
        found = (self._core.store.person(one) for one in doubt.people)
        return [person for person in found if person is not None and person.active]

    def _proof(self, seen: facing.Seen) -> payload.FaceProof:
        return payload.FaceProof(
            threshold_milli=seen.threshold_milli, second_milli=seen.second_milli, frames=seen.frames,
            took_ms=seen.took_ms, suspect=seen.suspect, provenance=seen.provenance[:MOST_PROVENANCE],
            liveness=tuple(word[:MOST_CHARACTERS] for word in seen.evidence[:MOST_WORDS]),
        )  # fmt: skip

    def _at_camera(self, seen: facing.Seen, at: TimeBlock) -> FingerSeen:
        return FingerSeen(CAMERA, None, seen.score_milli, at, self._simulated)

    def _card(self, kind: CardKind, code: str, at: TimeBlock, seq: int = 0) -> None:
        self._core.hub.show(Card(
            number=0, kind=kind, code=code, show_ms=self._show_ms, at_ms=at.wall_ms, trusted=at.trusted,
            device=CAMERA, seq=seq,
        ))  # fmt: skip
