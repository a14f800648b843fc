"""UU 27/2022: consent before enrolment, withdrawal, own data, erasure with a certificate, retention."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import msgspec

from drivers.base.errors import DeviceError
from drivers.base.reader import Reader
from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.core.consent import TEXTS, VERSION
from kiosk.core.zone import local
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import EvidenceState, PersonState, TemplateState

SENSOR_S = 15.0
SEQS_A_RECORD = 1_000
MS_PER_DAY = 86_400_000


class Privacy:
    """Everything a person may ask of those who hold their data."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {
            desk.GetConsent: self.text, desk.PutConsent: self.consent, desk.GetOwnData: self.own_data,
            desk.CarryOwnData: self.carry, desk.Erase: self.erase,
        }  # fmt: skip

    def text(self, command: desk.GetConsent, actor: Actor) -> desk.ConsentText:
        """What must be read first."""
        return desk.ConsentText(VERSION, command.language, TEXTS[command.language])

    def consent(self, command: desk.PutConsent, actor: Actor) -> Done:
        """Agreed, or withdrawn: then the biometrics go at once."""
        person = self._parts.person(command.number)
        if command.given and command.version != VERSION:
            refuse("conflict", f"the text is version {VERSION}, not {command.version}", "read it again")
        self._record(person, command.version, command.given, actor)
        if not command.given:
            self._biometrics(person, "consent_withdrawn")
        return Done("agreed" if command.given else "withdrawn; fingers and faces are deleted")

    def require(self, person: PersonState, agreed: str, actor: Actor) -> None:
        """Raises `Refusal` unless the person has agreed to the text, now (`agreed`) or before."""
        if agreed:
            if agreed != VERSION:
                refuse("conflict", f"the consent text is version {VERSION}, not {agreed}", "read it again")
            self._record(person, agreed, True, actor)
            return
        store = self._parts.core.store
        last = self._parts.on_engine(lambda: store.newest(payload.Consent, person.person_id))
        if last is None or not last.given or last.version != VERSION:
            refuse(
                "conflict", f"{person.name} has not agreed to the consent text",
                "they read it first: kioskctl consent show; then enrol with --consent",
            )  # fmt: skip

    def own_data(self, command: desk.GetOwnData, actor: Actor) -> desk.OwnData:
        """Every record that names them, with its private text."""
        parts, person = self._parts, self._parts.person(command.number)
        parts.looked(actor, "own_data", person.person_id)
        rows = parts.on_engine(lambda: list(parts.core.store.about(person.person_id)))
        records: list[dict[str, object]] = []
        lines = [f"{person.name} ({person.number}), {person.category}, {person.unit}"]
        for ledger_id, seq, body, text in rows:
            record = json.loads(body)
            when = local(record["at"]["wall_ms"], parts.config.site.zone).isoformat(
                sep=" ", timespec="seconds"
            )
            records.append(
                {"ledger_id": ledger_id, "record": record, "private": json.loads(text) if text else None}
            )
            lines.append(f"{when[:19]}  {record['type']:<14} {seq:>6}  {text or ''}".rstrip())
        return desk.OwnData(
            number=person.number, name=person.name, readable="\n".join(lines), records=tuple(records)
        )

    def carry(self, command: desk.CarryOwnData, actor: Actor) -> desk.Carried:
        """The same as two files, to be read and for a machine, on a stick of theirs."""
        data = self.own_data(desk.GetOwnData(number=command.number), actor)
        person_id = self._parts.person(command.number).person_id
        name = f"data-{person_id[:16]}"
        files = {
            f"{name}.txt": data.readable.encode(),
            f"{name}.json": msgspec.json.format(msgspec.json.encode(data), indent=1),
        }
        paths = tuple(self._parts.carry(files, command.wait_s))
        self._parts.admin(actor, "carry_own_data", person_id)
        return desk.Carried(paths)

    def erase(self, command: desk.Erase, actor: Actor) -> desk.Certificate:
        """Templates, photos, PIN and private text go; what is left names nobody. Punches stay as numbers."""
        parts, person = self._parts, self._parts.person(command.number)
        templates, pending = self._biometrics(person, "erasure")
        photos = self._photos(partial(self._pictures_of, person), "erasure")
        privates = parts.on_engine(lambda: self._texts(person, command.reason))
        parts.on_engine(parts.core.store.scrub)
        return self._certificate(person, templates, (photos, privates), pending)

    def retention(self) -> None:
        """Delete photos that have been kept long enough; runs on a thread of its own."""
        now = self._parts.now()
        if now.trusted:
            before_ms = now.wall_ms - self._parts.policy.photo_days * MS_PER_DAY
            self._photos(partial(self._parts.core.store.evidence, before_ms=before_ms), "retention")

    def _record(self, person: PersonState, version: str, given: bool, actor: Actor) -> None:
        digest = hashlib.sha256("".join(TEXTS.values()).encode()).hexdigest()
        self._parts.note(payload.Consent(
            person_id=person.person_id, version=version, text_sha256=digest, given=given, actor=actor.id
        ))  # fmt: skip

    def _biometrics(self, person: PersonState, reason: str) -> tuple[list[TemplateState], tuple[str, ...]]:
        parts, store = self._parts, self._parts.core.store
        pending = []
        templates = parts.on_engine(lambda: store.templates(person.person_id))
        for template in templates:
            if not self._out_of_sensor(template):
                pending.append(f"{template.part} in {template.device}, slot {template.slot}")
            parts.note(payload.TemplateRemoved(
                template_id=template.template_id, person_id=person.person_id, reason=reason
            ))  # fmt: skip
            parts.vault.remove(template.template_id)
        for row in parts.on_engine(lambda: store.desk(payload.PinSet, person_id=person.person_id)):
            parts.vault.remove(row.record.template_id)
        pending += parts.forget(person, erased=reason == "erasure")
        return templates, tuple(pending)

    def _out_of_sensor(self, template: TemplateState) -> bool:
        slot, worker = template.slot, self._parts.readers.get(template.device)
        if slot is None:
            return True
        if worker is None:
            return False

        def delete(reader: Reader) -> None:
            reader.delete(slot)

        try:
            worker.submit(delete).result(SENSOR_S)
        except (DeviceError, TimeoutError):
            return False
        return True

    def _pictures_of(self, person: PersonState) -> list[EvidenceState]:
        """On the engine: photos beside their punches, and beside refusals and enrolments that name them."""
        store = self._parts.core.store
        theirs = {(ledger_id, seq) for ledger_id, seq, _, _ in store.about(person.person_id)}
        kept = {photo.ciphertext_sha256: photo for photo in store.evidence(person_id=person.person_id)}
        named = [photo for photo in store.evidence() if (photo.ledger_id, photo.punch_seq) in theirs]
        return [*({photo.ciphertext_sha256: photo for photo in named} | kept).values()]

    def _photos(self, which: Callable[[], list[EvidenceState]], reason: str) -> int:
        kept = self._parts.on_engine(which)
        names = [photo.ciphertext_sha256 for photo in kept]
        for start in range(0, len(names), 100):
            gone = self._parts.evidence.remove(names[start : start + 100])
            if gone:
                self._parts.note(payload.EvidenceRemoved(ciphertext_sha256s=gone, reason=reason))
        return len(names)

    def _texts(self, person: PersonState, reason: str) -> int:
        """On the engine: the person record without words, then every private part that was theirs."""
        core, now = self._parts.core, self._parts.now()
        core.journal.note(payload.Person(
            person_id=person.person_id, category=person.category, active=False, source="erasure"
        ))  # fmt: skip
        by_ledger: dict[str, list[int]] = {}
        for ledger_id, seq, _, text in core.store.about(person.person_id):
            if text is not None:
                by_ledger.setdefault(ledger_id, []).append(seq)
        for ledger_id, seqs in by_ledger.items():
            for start in range(0, len(seqs), SEQS_A_RECORD):
                with core.store.transaction() as transaction:
                    transaction.erase(ledger_id, tuple(seqs[start : start + SEQS_A_RECORD]), reason, now)
        return sum(map(len, by_ledger.values()))

    def _certificate(
        self, person: PersonState, removed: list[TemplateState], counts: tuple[int, int],
        pending: tuple[str, ...],
    ) -> desk.Certificate:  # fmt: skip
        parts, now = self._parts, self._parts.now()
        zone = parts.config.site.zone
        moment = local(now.wall_ms, zone)
        until = (moment + timedelta(days=parts.policy.backup_days)).date()
        templates, faces = len(removed), sum(template.purpose == "face" for template in removed)
        photos, privates = counts
        statement = (
            f"hadir-erasure-v1\n{parts.config.device.tenant}\n{parts.config.device.id}\n{person.person_id}\n"
            f"{moment.isoformat(timespec='seconds')}\n"
            f"templates={templates} faces={faces} photos={photos} private_parts={privates}\n"
            f"pending={'; '.join(pending) or 'nothing'}\nlast backup expires {until.isoformat()}\n"
        )
        signature = parts.keys.sign(statement.encode())
        seq = parts.note(payload.Certified(person_id=person.person_id, statement=statement, sig=signature))
        return desk.Certificate(
            statement=statement, signature=signature, key=parts.keys.sign_public, seq=seq,
            templates=templates, photos=photos, private_parts=privates, pending=pending,
        )  # fmt: skip
