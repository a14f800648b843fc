"""People and fingers between the kiosk and its terminals, through the vault."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from drivers.base.errors import Full, Rejected
from drivers.base.terminal import Terminal, TerminalInfo, TerminalTemplate, TerminalUser
from kiosk.core import payload
from kiosk.core.config import Terminal as TerminalConfig
from kiosk.core.terminals import Pulled
from kiosk.daemon.engine import Engine
from kiosk.daemon.journal import Journal
from kiosk.daemon.store import PersonState, Store, TemplateState
from kiosk.daemon.terminal_rows import TerminalRows
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


class TerminalPeople:
    """Runs on terminals' threads; what touches the store goes to the engine."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        journal: Journal,
        vault: Vault,
        users: TerminalUsers,
        rows: TerminalRows,
    ) -> None:
        self._engine, self._store, self._journal, self._vault = engine, store, journal, vault
        self._users, self._rows = users, rows
        self._settled: tuple[int, int] | None = None
        self._tended: dict[str, tuple[int, int]] = {}

    def tended(self, terminal: Terminal, info: TerminalInfo, config: TerminalConfig) -> None:
        """After each reading of the log: settle rows that waited, give the terminal who is missing there."""
        mark = self._on_engine(self._store.people_mark)
        if mark != self._settled:
            self.settle()
        mark = self._on_engine(self._store.people_mark)
        if config.push_people and self._tended.get(config.name) != mark:
            self.push(terminal, info)
            self._tended[config.name] = self._on_engine(self._store.people_mark)

    def settle(self) -> int:
        """Rows whose user is known by now become punches; how many. Raises `StoreError`."""
        self._settled = self._on_engine(self._store.people_mark)
        settled: int = self._engine.submit_bulk(self._rows.settle_waiting).result()
        return settled

    def unknown(self, info: TerminalInfo, there: tuple[TerminalUser, ...]) -> dict[str, PersonState | None]:
        """Who each user of the terminal is, None for nobody known, by user id."""
        return self._on_engine(
            lambda: {user.user_id: self._users.person(info.serial, user.user_id) for user in there}
        )

    def push(self, terminal: Terminal, info: TerminalInfo) -> int:
        """Put everybody on the terminal who is missing there; how many were put."""
        there = terminal.users()
        missing = self._on_engine(lambda: self._users.wanted(info.serial, there, info.user_id_width))
        put = 0
        for user in missing:
            try:
                terminal.put_user(user)
                put += 1
            except Rejected as error:
                log.warning("terminal %s: %s", info.serial, error)
            except Full as error:
                log.warning(
                    "terminal %s: %s; %d people are missing there", info.serial, error, len(missing) - put
                )
                break
        if put:
            log.info("terminal %s: %d people put on it", info.serial, put)
        return put

    def exchange(self, terminal: Terminal, info: TerminalInfo) -> Pulled:
        """Fingers both ways, between terminals of one template format. Raises `DeviceError`, `StoreError`."""
        there = terminal.users()
        people = self.unknown(info, there)
        by_uid = {user.uid: user for user in there}
        form = format_of(info)
        kept = self._on_engine(self._store.templates)
        known = {(t.person_id, t.part) for t in kept if t.format == form and t.purpose == "finger"}
        pulled, unknown, present = 0, 0, set[tuple[str, str]]()
        for template in terminal.templates():
            user = by_uid.get(template.uid)
            person = people.get(user.user_id) if user is not None else None
            if person is None or not 0 <= template.finger < len(FINGERS):
                unknown += 1
                continue
            part = FINGERS[template.finger]
            present.add((person.person_id, part))
            if (person.person_id, part) not in known:
                self._keep(info, form, person, part, template)
                pulled += 1
        given = self._give(
            terminal, form, {p.person_id: u for u in there if (p := people[u.user_id])}, kept, present
        )
        return Pulled(pulled, given, unknown)

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

    def _give(
        self, terminal: Terminal, form: str, users: dict[str, TerminalUser], kept: list[TemplateState],
        present: set[tuple[str, str]],
    ) -> int:  # fmt: skip
        given = 0
        for state in kept:
            user = users.get(state.person_id)
            missing = (state.person_id, state.part) not in present
            if state.format != form or state.purpose != "finger" or user is None or not missing:
                continue
            try:
                content = self._vault.get(Bound(state.person_id, "finger", state.template_id, form))
            except VaultError as error:
                log.warning("%s; %s", error, error.hint)
                continue
            finger = FINGERS.index(state.part)
            terminal.put_template(user, TerminalTemplate(user.uid, finger, content[-1], content[:-1]))
            given += 1
        return given

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._engine.submit(task).result(ENGINE_S)


def format_of(info: TerminalInfo) -> str:
    """The family of templates a terminal makes and takes; one platform's fit no other's."""
    return f"zk-{info.platform}".replace("|", "_")
