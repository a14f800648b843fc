"""The people of the kiosk on its terminals: who is missing there is put on, who was erased is taken off."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from drivers.base.errors import Full, NotSupported, Rejected
from drivers.base.terminal import Terminal, TerminalInfo, TerminalUser
from kiosk.core.config import Terminal as TerminalConfig
from kiosk.daemon.engine import Engine
from kiosk.daemon.store import PersonState, Store
from kiosk.daemon.terminal_fingers import TerminalFingers
from kiosk.daemon.terminal_rows import TerminalRows
from kiosk.daemon.terminal_users import TerminalUsers

log = logging.getLogger(__name__)
ENGINE_S = 30.0
T = TypeVar("T")


class TerminalPeople:
    """Runs on terminals' threads; what touches the store goes to the engine."""

    def __init__(
        self, engine: Engine, store: Store, users: TerminalUsers, rows: TerminalRows, fingers: TerminalFingers
    ) -> None:
        self._engine, self._store = engine, store
        self._users, self._rows, self._fingers = users, rows, fingers
        self._settled: tuple[int, ...] = ()
        self._tended: dict[str, tuple[int, ...]] = {}

    def tended(self, terminal: Terminal, info: TerminalInfo, config: TerminalConfig) -> None:
        """After each reading of the log: settle rows that waited, give the terminal what is missing there."""
        if self._on_engine(self._store.people_mark) != self._settled:
            self.settle()
        here = (*self._on_engine(self._store.people_mark), *self._on_engine(self._store.templates_mark))
        mark = (*here, info.users, info.templates)
        if self._tended.get(config.name) == mark:
            return
        try:
            if config.push_people:
                self.push(terminal, info)
            elif self._on_engine(lambda: self._users.erased_on(info.serial)):
                self._without_erased(terminal, info, terminal.users())
            if config.share_fingers:
                self._fingers.exchange(terminal, info)
        except (Rejected, Full, NotSupported) as error:
            log.warning("terminal %s: people and fingers: %s; %s", config.name, error, error.hint)
        self._tended[config.name] = mark

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
        there = self._without_erased(terminal, info, terminal.users())
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

    def _without_erased(
        self, terminal: Terminal, info: TerminalInfo, there: tuple[TerminalUser, ...]
    ) -> tuple[TerminalUser, ...]:
        """Take off the terminal who was erased here; the others."""
        people = self.unknown(info, there)
        left = []
        for user in there:
            person = people[user.user_id]
            if person is None or person.active or person.number:
                left.append(user)
            elif terminal.delete_user(user.user_id):
                log.info("terminal %s: a user who was erased is taken off", info.serial)
        return tuple(left)

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._engine.submit(task).result(ENGINE_S)
