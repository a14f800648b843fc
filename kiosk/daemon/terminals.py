"""The terminals of a kiosk, put together: their workers, and what `kioskctl terminals` asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from drivers.base.errors import DeviceError
from drivers.base.terminal import Terminal, TerminalInfo
from kiosk.core import terminals as api
from kiosk.core.command import Command
from kiosk.core.config import KioskConfig
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.payload import Payload
from kiosk.core.zone import local
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.hardware import TerminalMaker
from kiosk.daemon.judge import Judge
from kiosk.daemon.keys import load_or_create
from kiosk.daemon.refusal import refuse
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.store import PersonState
from kiosk.daemon.terminal_cards import TerminalCards
from kiosk.daemon.terminal_fingers import TerminalFingers
from kiosk.daemon.terminal_keys import TerminalKeys
from kiosk.daemon.terminal_people import TerminalPeople
from kiosk.daemon.terminal_rows import TerminalRows
from kiosk.daemon.terminal_users import TerminalUsers
from kiosk.daemon.terminal_word import TerminalWord
from kiosk.daemon.terminal_worker import TerminalPorts, TerminalWorker
from kiosk.daemon.vault import Vault

log = logging.getLogger(__name__)
KEY = "terminal.key"
JOB_S = 300.0
FORGET_S = 30.0
ENGINE_S = 30.0
ACTOR = "socket:admin"


@dataclass(frozen=True, slots=True)
class TerminalParts:
    """What terminals are served with."""

    config: KioskConfig
    book: RuleBook
    engine: Engine
    core: CoreState
    board: DeviceBoard
    vault: Vault


class Terminals:
    """One worker for each configured terminal; built once the engine has started."""

    def __init__(self, parts: TerminalParts) -> None:
        config, core = parts.config, parts.core
        self._engine, self._core = parts.engine, core
        keys = TerminalKeys(load_or_create(Path(config.state_dir) / "keys", KEY))
        show_ms = round(config.screen.result_s * 1000)
        self._users = TerminalUsers(core.store, core.journal, keys)
        judge = Judge(core.store, config, parts.book)
        cards = TerminalCards(core.store, core.clock, core.hub, core.zone, show_ms)
        rows = TerminalRows(core.store, core.journal, judge, self._users, keys, cards)
        self._fingers = TerminalFingers(parts.engine, core.store, core.journal, parts.vault, self._users)
        self._people = TerminalPeople(parts.engine, core.store, self._users, rows, self._fingers)
        self._word = TerminalWord(Path(config.state_dir), core.timekeeper)
        ports = TerminalPorts(
            parts.engine, parts.board, lambda: rows, self._record, self._clock_heard, self._people.tended
        )
        self._workers = {
            one.name: TerminalWorker(one, TerminalMaker(one, self._local_now), ports, core.zone)
            for one in config.terminals
        }

    def start(self) -> None:
        """Start every worker."""
        for worker in self._workers.values():
            worker.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop every worker; whether all did in time."""
        return False not in [worker.stop(timeout_s) for worker in self._workers.values()]

    def problems(self) -> list[str]:
        """What a technician should do before it becomes a fault."""
        return [f"{name}: {note}" for name in self._workers for note in self.notes(name)]

    def notes(self, device: str) -> tuple[str, ...]:
        """The same of one terminal."""
        worker = self._workers.get(device)
        note = worker.report.problem() if worker is not None else ""
        return (note,) if note else ()

    def forget(self, person: PersonState, *, erased: bool) -> tuple[str, ...]:
        """Take the person off every terminal; those that could not be reached, for which it waits.

        Who only withdrew stays on terminals that share fingers: these lose theirs at the next reading.
        """
        if erased:
            self._engine.submit(lambda: self._users.leaves(person)).result(ENGINE_S)
        return tuple(
            f"terminal {worker.config.name}: at its next reading"
            for worker in self._workers.values()
            if (erased or not worker.config.share_fingers) and not self._off(worker, person)
        )

    def _off(self, worker: TerminalWorker, person: PersonState) -> bool:
        serial = worker.report.out.serial
        if not serial:  # never connected: nobody can have been put on it by us
            return False
        ids = self._engine.submit(lambda: self._users.ids_of(serial, person)).result(ENGINE_S)

        def job(terminal: Terminal, info: TerminalInfo) -> None:
            for user_id in ids:
                terminal.delete_user(user_id)

        try:
            worker.submit(job).result(FORGET_S)
        except (DeviceError, TimeoutError) as error:
            log.warning("terminal %s: somebody could not be taken off yet: %s", worker.config.name, error)
            return False
        return True

    def user_id(self, terminal: str, number: str) -> str:
        """What the person with this number is on the terminal; the number itself where not mapped."""
        serial = self._worker(terminal).report.out.serial

        def find() -> str:
            person = self._core.store.person_by_number(number)
            wanted = (serial, person.person_id if person else "")
            mapped = self._core.store.terminal_users()
            return next((u.user_id for u in mapped if (u.serial, u.person_id) == wanted), number)

        return self._engine.submit(find).result(ENGINE_S)

    def commands(self) -> dict[type[Command], Callable[[Any, Callable[[object], None]], object]]:
        """How each command is carried out; on a thread of the control server."""
        return {
            api.GetTerminals: lambda command, emit: self._list(),
            api.GetTerminalUsers: lambda command, emit: self._list_users(command),
            api.GetTerminalRows: lambda command, emit: self._list_rows(command),
            api.SyncTerminal: lambda command, emit: self._sync(command),
            api.MapTerminalUser: lambda command, emit: self._map(command),
            api.PullTerminal: lambda command, emit: self._pull(command),
        }

    def _list(self) -> api.Terminals:
        waiting = self._engine.submit(self._core.store.waiting_count).result(ENGINE_S)
        return api.Terminals(tuple(worker.report.out for worker in self._workers.values()), waiting)

    def _list_users(self, command: api.GetTerminalUsers) -> api.TerminalUsers:
        worker = self._worker(command.terminal)

        def job(terminal: Terminal, info: TerminalInfo) -> list[api.TerminalUserOut]:
            there = terminal.users()
            people = self._people.unknown(info, there)
            return [_user_out(user.user_id, user.name, people[user.user_id]) for user in there]

        users: list[api.TerminalUserOut] = worker.submit(job).result(JOB_S)
        return api.TerminalUsers(worker.config.name, tuple(sorted(users, key=lambda user: bool(user.number))))

    def _list_rows(self, command: api.GetTerminalRows) -> api.TerminalRows:
        rows = self._engine.submit(lambda: self._core.store.kept_rows(command.limit)).result(ENGINE_S)
        return api.TerminalRows(
            tuple(
                api.TerminalRowOut(
                    terminal=row.device, serial=row.serial, why=row.why, user_id=row.row.user_id,
                    wall=row.row.wall, raw=row.row.raw,
                )
                for row in rows
            )
        )  # fmt: skip

    def _sync(self, command: api.SyncTerminal) -> api.Synced:
        worker = self._worker(command.terminal)
        done = worker.submit(worker.sync).result(JOB_S)
        return api.Synced(
            known=done.known, punches=done.punches, kept=done.kept, waiting=done.waiting, bad=done.bad
        )

    def _map(self, command: api.MapTerminalUser) -> api.Mapped:
        serial = self._worker(command.terminal).report.out.serial
        if not serial:
            refuse("device", "this terminal was not connected yet", "kioskctl terminals list")
        try:
            number = parse_number(command.number).text
        except BadNumberError as error:
            refuse("bad_request", f"{command.number}: {error}", f"ask {error.ask}")
        person = self._engine.submit(lambda: self._core.store.person_by_number(number)).result(ENGINE_S)
        if person is None:
            refuse("not_found", f"nobody here has the number {number}", "kioskctl people list | add")
        self._engine.submit(partial(self._users.map, serial, command.user_id, person, ACTOR)).result(ENGINE_S)
        return api.Mapped(person.name, self._people.settle())

    def _pull(self, command: api.PullTerminal) -> api.Pulled:
        job: Future[api.Pulled] = self._worker(command.terminal).submit(self._fingers.exchange)
        return job.result(JOB_S)

    def _worker(self, name: str) -> TerminalWorker:
        if not self._workers:
            refuse("not_found", "this kiosk has no terminal", "add a [[terminal]] to kiosk.toml")
        if name and name not in self._workers:
            refuse("not_found", f"no terminal {name!r}", f"terminals here: {', '.join(self._workers)}")
        if not name and len(self._workers) > 1:
            refuse("bad_request", "which terminal?", f"terminals here: {', '.join(self._workers)}")
        return self._workers[name] if name else next(iter(self._workers.values()))

    def _clock_heard(self, serial: str, ahead_of_boot_ms: int, boot_ms: int) -> None:
        self._engine.post(lambda: self._word.heard(serial, ahead_of_boot_ms, boot_ms))

    def _record(self, payload: Payload) -> None:
        self._engine.post(lambda: self._core.journal.note(payload))

    def _local_now(self) -> datetime:
        return local(self._core.clock.now().wall_ms, self._core.zone).replace(tzinfo=None)


def _user_out(user_id: str, terminal_name: str, person: PersonState | None) -> api.TerminalUserOut:
    return api.TerminalUserOut(
        user_id=user_id, terminal_name=terminal_name, number=person.number if person else "",
        name=person.name if person else "",
    )  # fmt: skip
