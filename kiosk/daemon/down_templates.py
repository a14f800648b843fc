"""Fingers and faces shared between the kiosks of a site, each file sealed to the one kiosk that may open it.

Nothing is shared unless the site's roster says so and names the other kiosks' keys. What was sent to whom is
kept beside the vault; what is new or gone since then is sent. The centre passes on what it cannot read.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

import msgspec

from drivers.base.errors import DeviceError
from drivers.base.reader import Reader
from kiosk.core import payload
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down_children import OUTGOING
from kiosk.daemon.durable import private_folder, write_durably
from kiosk.daemon.store import TemplateState
from kiosk.daemon.vault import Bound, VaultError
from sync.documents import Peer, SharedTemplate, TemplateFile, TemplateLetter, template_context
from sync.sealing import SealError, seal
from sync.topics import DeviceName
from sync.wire import WireError, decode, encode

log = logging.getLogger(__name__)
NAME = "shared-templates.json"
FROM = "kiosk:"
AT_ONCE = 100
SENSOR_S = 15.0


class _State(msgspec.Struct):
    """By peer, what was sent of which template; and which templates came from which peer."""

    sent: dict[str, dict[str, tuple[str, str, str]]] = {}
    received: dict[str, str] = {}


class SharedTemplates:
    """Used on one thread only. `recheck` has the sensors compared with the store again."""

    def __init__(self, parts: DeskParts, recheck: Callable[[], None]) -> None:
        self._parts, self._recheck = parts, recheck
        self._me = DeviceName(parts.config.device.tenant, parts.config.device.id)
        self._path = parts.state_dir / NAME
        self._outgoing = parts.state_dir / OUTGOING
        self._state = _read(self._path)

    def share(self, peers: tuple[Peer, ...]) -> bool:
        """Put what each peer has not been sent into files for the centre; whether there are any."""
        others = {f"{p.device} {p.receive_key[:16]}": p for p in peers if p.device != self._me.device}
        if not others:
            self._forget()
            return False
        own = {key: t for key, t in self._templates().items() if key not in self._state.received}
        made = [self._share_with(name, peer, own) for name, peer in others.items()]
        return any(made)

    def take(self, body: str) -> str:
        """Take in what another kiosk shared; its name, for the reply. Raises `WireError`, `OSError`."""
        letter = decode(body, TemplateLetter)
        context = template_context(self._me.tenant, letter.sender, self._me.device)
        try:
            sealed = base64.b64decode(letter.sealed, validate=True)
            plain = self._parts.keys.unseal(sealed, context)
        except (SealError, ValueError) as error:
            raise WireError("sealed", str(error)) from error
        file = decode(plain, TemplateFile)
        new = [self._keep(one, letter.sender) for one in file.templates]
        for number, purpose, part in file.gone:
            self._drop(number, purpose, part, letter.sender)
        self._save()
        if any(new):
            log.info("%d templates came from %s", sum(new), letter.sender)
            self._recheck()
        return letter.sha256

    def _share_with(self, name: str, peer: Peer, own: dict[str, TemplateState]) -> bool:
        sent = self._state.sent.setdefault(name, {})
        new = [own[key] for key in own.keys() - sent.keys()][:AT_ONCE]
        gone = [key for key in sent if key not in own]
        if not new and not gone:
            return False
        shared = {t.template_id: one for t in new if (one := self._opened(t))}
        named = [one for t in own.values() if (one := self._named(t))]
        still = {(one.number, one.purpose, one.part) for one in named}
        file = TemplateFile(
            templates=tuple(shared.values()),
            gone=tuple(sent[key] for key in gone if sent[key] not in still),
        )
        context = template_context(self._me.tenant, self._me.device, peer.device)
        try:
            sealed = seal(bytes.fromhex(peer.receive_key), encode(file), context)
        except SealError as error:
            log.warning("nothing is shared with %s: %s", peer.device, error)
            return False
        digest = hashlib.sha256(sealed).hexdigest()
        write_durably(private_folder(self._outgoing) / f"{digest}@{peer.device}", sealed)
        for t in new:
            one = shared.get(t.template_id)
            sent[t.template_id] = (one.number, one.purpose, one.part) if one else ("", t.purpose, t.part)
        for key in gone:
            del sent[key]
        self._save()
        return True

    def _opened(self, template: TemplateState) -> SharedTemplate | None:
        """With its consent; None for one that cannot be read, or whose person has not agreed."""
        person = self._named(template)
        store, who = self._parts.core.store, template.person_id
        consent = self._parts.on_engine(lambda: store.newest(payload.Consent, who))
        if person is None or consent is None or not consent.given:
            return None
        try:
            content = self._parts.vault.get(Bound.of(template))
        except VaultError as error:
            log.warning("a template is not shared: %s", error)
            return None
        return msgspec.structs.replace(
            person, template=base64.b64encode(content).decode(), consent=consent.version,
            consent_sha256=consent.text_sha256,
        )  # fmt: skip

    def _named(self, template: TemplateState) -> SharedTemplate | None:
        person = self._parts.on_engine(lambda: self._parts.core.store.person(template.person_id))
        if person is None or not person.number:
            return None
        purpose = cast("Literal['finger', 'face']", template.purpose)
        return SharedTemplate(person.number, purpose, template.part, template.format)

    def _keep(self, one: SharedTemplate, sender: str) -> bool:
        parts, store = self._parts, self._parts.core.store
        person = parts.on_engine(lambda: store.person_by_number(one.number))
        if person is None or not person.active:
            return False
        held = parts.on_engine(lambda: store.templates(person.person_id))
        if any((t.purpose, t.part, t.format) == (one.purpose, one.part, one.format) for t in held):
            return False
        content = base64.b64decode(one.template)
        kept = parts.vault.put(person.person_id, one.purpose, one.part, one.format, content)
        self._state.received[kept.template_id] = sender
        self._save()
        parts.note(payload.Consent(
            person_id=person.person_id, version=one.consent, text_sha256=one.consent_sha256, given=True,
            actor=f"{FROM}{sender}",
        ))  # fmt: skip
        parts.note(payload.Enrolment(
            template_id=kept.template_id, person_id=person.person_id, part=one.part, format=one.format,
            purpose=one.purpose, device=f"{FROM}{sender}", ciphertext_sha256=kept.ciphertext_sha256,
        ))  # fmt: skip
        return True

    def _drop(self, number: str, purpose: str, part: str, sender: str) -> None:
        """Only what came from `sender` goes because it went there."""
        store = self._parts.core.store
        person = self._parts.on_engine(lambda: store.person_by_number(number))
        held = self._parts.on_engine(lambda: store.templates(person.person_id)) if person else []
        for template in held:
            came_from = self._state.received.get(template.template_id)
            if came_from == sender and (template.purpose, template.part) == (purpose, part):
                self._remove(template, "gone_at_origin")

    def _forget(self) -> None:
        """The site shares no longer: what came from others goes."""
        for key, template in self._templates().items():
            if key in self._state.received:
                self._remove(template, "not_shared")
        if self._state.sent or self._state.received:
            self._state = _State()
            self._save()

    def _remove(self, template: TemplateState, reason: str) -> None:
        worker, slot = self._parts.readers.get(template.device), template.slot
        if worker and slot is not None:

            def delete(reader: Reader) -> None:
                reader.delete(slot)

            try:
                worker.submit(delete).result(SENSOR_S)
            except (DeviceError, TimeoutError) as error:
                log.warning("slot %d of %s: %s", slot, template.device, error)
        self._parts.note(payload.TemplateRemoved(
            template_id=template.template_id, person_id=template.person_id, reason=reason
        ))  # fmt: skip
        self._parts.vault.remove(template.template_id)
        self._state.received.pop(template.template_id, None)

    def _templates(self) -> dict[str, TemplateState]:
        return {t.template_id: t for t in self._parts.on_engine(self._parts.core.store.templates)}

    def _save(self) -> None:
        write_durably(self._path, msgspec.json.encode(self._state))


def _read(path: Path) -> _State:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError):
        return _State()
