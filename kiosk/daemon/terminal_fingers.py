"""Fingers between terminals and the vault: what one terminal has, others of its family get.

Consent comes first (UU 27/2022, article 20): fingers of people who have not agreed stay where they are, and
those of people who withdrew, or were erased, leave the terminal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from drivers.base.errors import Full, Rejected
from drivers.base.terminal import Terminal, TerminalInfo, TerminalTemplate, TerminalUser
from kiosk.core import payload
from kiosk.core.terminals import Pulled
from kiosk.daemon.engine import Engine
from kiosk.daemon.journal import Journal
from kiosk.daemon.store import PersonState, Store, TemplateState
from kiosk.daemon.terminal_users import TerminalUsers
from kiosk.daemon.vault import Bound, Vault, VaultError

log = logging.getLogger(__name__)
ENGINE_S = 30.0
T = TypeVar("T")
FINGERS = (
    "left-little", "left-ring", "left-middle", "left-index", "left-thumb",
    "right-thumb", "right-index", "right-middle", "right-ring", "right-little",
)  # fmt: skip
"""By a ZKTeco terminal's own numbers, 0 to 9."""


@dataclass(frozen=True, slots=True)
class _Owner:
    """A user of the terminal who is somebody here; `agreed` is None for people who were never asked."""

    user: TerminalUser
    person: PersonState
    agreed: bool | None

    @property
    def is_gone(self) -> bool:
        """Erased: neither number nor name is left."""
        return not (self.person.active or self.person.number)


class TerminalFingers:
    """Runs on terminals' threads; what touches the store goes to the engine."""

    def __init__(
        self, engine: Engine, store: Store, journal: Journal, vault: Vault, users: TerminalUsers
    ) -> None:
        self._engine, self._store, self._journal, self._vault = engine, store, journal, vault
        self._users = users

    def exchange(self, terminal: Terminal, info: TerminalInfo) -> Pulled:
        """Fingers both ways, between terminals of one template format. Raises `DeviceError`, `StoreError`."""
        there = terminal.users()
        owners = self._on_engine(lambda: self._owners(info.serial, there))
        form = format_of(info)
        kept = [t for t in self._on_engine(self._templates) if t.format == form]
        known = {(t.person_id, t.part) for t in kept}
        pulled, unknown, not_agreed, present = 0, 0, 0, set[tuple[str, str]]()
        withdrawn: dict[int, _Owner] = {}
        for template in terminal.templates():
            owner = owners.get(template.uid)
            if owner is None or not 0 <= template.finger < len(FINGERS):
                unknown += 1
            elif owner.agreed is False or owner.is_gone:
                withdrawn[template.uid] = owner
            elif not owner.agreed or not owner.person.active:
                not_agreed += 1
            else:
                part = FINGERS[template.finger]
                present.add((owner.person.person_id, part))
                if (owner.person.person_id, part) not in known:
                    self._keep(info, form, owner.person, part, template)
                    pulled += 1
        for owner in withdrawn.values():
            self._take_off(terminal, info, owner)
        given = self._give(terminal, form, owners, [t for t in kept if (t.person_id, t.part) not in present])
        return Pulled(pulled, given, unknown, not_agreed)

    def _owners(self, serial: str, there: tuple[TerminalUser, ...]) -> dict[int, _Owner]:
        """By the terminal's own numbers."""
        found = {}
        for user in there:
            person = self._users.person(serial, user.user_id)
            if person is not None:
                last = self._store.newest(payload.Consent, person.person_id)
                found[user.uid] = _Owner(user, person, last.given if last else None)
        return found

    def _templates(self) -> list[TemplateState]:
        return self._store.templates(purpose="finger")

    def _keep(
        self, info: TerminalInfo, form: str, person: PersonState, part: str, template: TerminalTemplate
    ) -> None:
        content = template.data + bytes([template.valid])
        sealed = self._vault.put(person.person_id, "finger", part, form, content)
        record = payload.Enrolment(
            template_id=sealed.template_id, person_id=person.person_id, purpose="finger", part=part,
            device=f"terminal:{info.serial}", format=form, ciphertext_sha256=sealed.ciphertext_sha256,
        )  # fmt: skip
        self._on_engine(lambda: self._journal.note(record))

    def _take_off(self, terminal: Terminal, info: TerminalInfo, owner: _Owner) -> None:
        """A user who withdrew is put back without fingers: a card or a PIN may be theirs."""
        terminal.delete_user(owner.user.user_id)
        if not owner.is_gone:
            terminal.put_user(replace(owner.user, uid=0))
        detail = "erased" if owner.is_gone else "consent withdrawn"
        record = payload.Admin(
            actor="kiosk", action="terminal_fingers_removed", subject=owner.person.person_id,
            detail=f"{detail}; terminal {info.serial}",
        )  # fmt: skip
        self._on_engine(lambda: self._journal.note(record))

    def _give(
        self, terminal: Terminal, form: str, owners: dict[int, _Owner], missing: list[TemplateState]
    ) -> int:
        agreed = {o.person.person_id: o.user for o in owners.values() if o.agreed and o.person.active}
        given = 0
        for state in missing:
            user = agreed.get(state.person_id)
            if user is None:
                continue
            try:
                content = self._vault.get(Bound.of(state))
                finger = FINGERS.index(state.part)
                terminal.put_template(user, TerminalTemplate(user.uid, finger, content[-1], content[:-1]))
                given += 1
            except VaultError as error:
                log.warning("%s; %s", error, error.hint)
            except Rejected as error:
                log.warning("%s: %s", terminal.name, error)
            except Full as error:
                log.warning(
                    "%s: %s; %d fingers are missing there", terminal.name, error, len(missing) - given
                )
                break
        return given

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._engine.submit(task).result(ENGINE_S)


def format_of(info: TerminalInfo) -> str:
    """The family of templates a terminal makes and takes; one platform's fit no other's."""
    return f"zk-{info.platform}".replace("|", "_")
