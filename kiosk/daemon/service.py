"""What the control sockets can ask for: each command and how it is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from drivers.base.errors import DeviceError
from kiosk.core import api, desk, faces
from kiosk.core.config import KioskConfig
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.view import View
from kiosk.daemon.control import Refusal
from kiosk.daemon.control_request import RAISED_COMMANDS
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.courier_desk import CourierDesk
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.emulation import Emulation
from kiosk.daemon.engine import Engine
from kiosk.daemon.enrolment import EnrolJob, Enrolments
from kiosk.daemon.face_worker import Faces
from kiosk.daemon.health import HealthSource
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.lanes import LanesClosed
from kiosk.daemon.reader_worker import ReaderWorker
from kiosk.daemon.refusal import refuse
from kiosk.daemon.reload import Reloading
from kiosk.daemon.resealing import Resealing
from kiosk.daemon.status import StatusSource
from kiosk.daemon.store import PersonState, StoreError, StoreReader
from kiosk.daemon.terminals import Terminals

Emit = Callable[[object], None]
ENGINE_S = 30.0
BULK_S = 600.0
MAX_ENROL_S = 120.0


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What commands are carried out with."""

    config: KioskConfig
    engine: Engine
    core: CoreState
    hub: ViewHub
    readers: dict[str, ReaderWorker]
    enrolments: Enrolments
    emulation: Emulation
    status: StatusSource
    health: HealthSource
    desk: Desk
    sent: Mapping[str, int]
    lost: Mapping[str, int]
    terminals: Terminals
    courier: CourierDesk
    reloading: Reloading
    resealing: Resealing
    faces: Faces


class Service:
    """Carries out commands; each call runs on a thread of the control server."""

    def __init__(self, parts: ServiceParts) -> None:
        self._engine, self._core, self._hub = parts.engine, parts.core, parts.hub
        self._readers, self._enrolments, self._emulation = parts.readers, parts.enrolments, parts.emulation
        self._status, self._health, self._faces = parts.status, parts.health, parts.faces
        self._sent, self._lost, self._desk = parts.sent, parts.lost, parts.desk
        self._state_dir, self._zone = Path(parts.config.state_dir), parts.config.site.zone
        self._courier = parts.courier
        self._commands: dict[type[api.Command], Callable[[Any, Emit], object]] = {
            api.GetStatus: lambda command, emit: self._status.read(),
            api.GetHealth: lambda command, emit: self._health.read(),
            api.GetPunches: self._punches,
            api.GetPeople: self._people,
            api.PutPeople: self._put_people,
            api.EnrolFinger: self._enrol,
            api.RemoveFinger: self._remove,
            api.Emulate: lambda command, emit: self._emulation.run(command),
            api.Intent: self._intent,
            desk.Cancel: self._cancel,
            api.Rebuild: self._rebuild,
            api.GetLedger: self._ledger,
            api.Reload: lambda command, emit: parts.reloading.run(),
            api.Reseal: lambda command, emit: parts.resealing.run(),
            **parts.courier.commands(),
            **parts.terminals.commands(),
            **parts.faces.commands(self._person),
        }

    def view(self) -> View:
        """The state of the screen now, for a new watcher."""
        return self._hub.view

    def handle(self, command: api.Command, authority: str, emit: Emit) -> object:
        """Do `command`. Raises `Refusal` with what to do next."""
        if authority == "ui" and isinstance(command, RAISED_COMMANDS) and self._hub.view.raised is None:
            refuse("not_allowed", "first an operator's PIN and finger", "raise the screen")
        if authority == "ui" and getattr(command, "path", False):
            refuse("not_allowed", "the screen writes to the stick in the kiosk only", "use kioskctl courier")
        try:
            if type(command) in self._desk.commands:
                return self._desk.handle(command, authority)
            if isinstance(command, api.EnrolFinger | faces.EnrolFace | faces.EnrolFacePicture):
                self._desk.require_consent(self._person(command.number), command.consent, authority)
            return self._commands[type(command)](command, emit)
        except DeviceError as error:
            raise Refusal(api.ApiError("device", str(error), error.hint)) from error
        except StoreError as error:
            raise Refusal(api.ApiError("storage", str(error), error.hint)) from error
        except LanesClosed as error:
            raise Refusal(api.ApiError("busy", str(error), "try again when kioskd is back")) from error
        except TimeoutError as error:
            raise Refusal(
                api.ApiError("timeout", "the kiosk did not get to it in time", "try again")
            ) from error

    def _punches(self, command: api.GetPunches, emit: Emit) -> api.Punches:
        if command.number:
            command = msgspec.structs.replace(command, number=self._person(command.number).number)
        with StoreReader.open(self._state_dir) as reader:
            try:
                return reader.punches(command, self._zone, self._sent, lost=self._lost)
            except ValueError as error:
                raise Refusal(
                    api.ApiError("bad_request", f"{command.day!r} is no day", "2026-01-31")
                ) from error

    def _people(self, command: api.GetPeople, emit: Emit) -> api.People:
        with StoreReader.open(self._state_dir) as reader:
            return reader.people(command)

    def _ledger(self, command: api.GetLedger, emit: Emit) -> api.LedgerPage:
        with StoreReader.open(self._state_dir) as reader:
            ledger_id = reader.ledgers()[-1].ledger_id
            rows = reader.records(ledger_id, command.after_seq, 1_048_576, max(1, min(command.limit, 5_000)))
            return api.LedgerPage(ledger_id, tuple((r.seq, r.body.decode(), r.hash.hex()) for r in rows))

    def _put_people(self, command: api.PutPeople, emit: Emit) -> api.PutResult:
        result: api.PutResult = self._engine.submit_bulk(lambda: self._core.roster.put(command)).result(
            BULK_S
        )
        return result

    def _enrol(self, command: api.EnrolFinger, emit: Emit) -> api.Enrolled:
        if command.finger not in api.FINGERS:
            refuse("bad_request", f"{command.finger!r} is no finger", f"one of {', '.join(api.FINGERS)}")
        person = self._person(command.number)
        if not person.active:
            refuse("conflict", f"{person.name} is not active", "first: kioskctl people activate NIP")
        worker = self._reader(command.reader)
        timeout_s = min(MAX_ENROL_S, max(2.0, command.timeout_s))
        job = EnrolJob(person, command.finger, emit, time.monotonic() + timeout_s)
        enrolled: api.Enrolled = worker.submit(lambda reader: self._enrolments.enrol(reader, job)).result(
            timeout_s + ENGINE_S
        )
        return enrolled

    def _remove(self, command: api.RemoveFinger, emit: Emit) -> api.Done:
        person = self._person(command.number)
        for worker in self._readers.values():
            worker.submit(lambda reader: self._enrolments.remove(reader, person, command.finger)).result(
                ENGINE_S
            )
        return api.Done(f"{command.finger} of {person.name} removed")

    def _cancel(self, command: desk.Cancel, emit: Emit) -> api.Done:
        self._desk.cancel()
        self._enrolments.cancel()
        self._faces.cancel()
        self._courier.cancel()
        return api.Done()

    def _intent(self, command: api.Intent, emit: Emit) -> api.Done:
        if command.value not in ("id", "en"):
            refuse("bad_request", f"{command.value!r} is no language here", "id or en")
        self._hub.change(language=command.value)
        return api.Done()

    def _rebuild(self, command: api.Rebuild, emit: Emit) -> api.Rebuilt:
        return self._engine.submit(self._core.store.rebuild).result(BULK_S)

    def _person(self, text: str) -> PersonState:
        try:
            number = parse_number(text)
        except BadNumberError as error:
            refuse("bad_request", f"{text[:40]}: {error}", f"ask {error.ask}")
        person = self._engine.submit(lambda: self._core.store.person_by_number(number.text)).result(ENGINE_S)
        if person is None:
            refuse("not_found", f"nobody here has the number {number.text}", "kioskctl people list | add")
        return person

    def _reader(self, name: str) -> ReaderWorker:
        if not self._readers:
            refuse("not_found", "this kiosk has no fingerprint reader", "add a [[reader]] to kiosk.toml")
        if name and name not in self._readers:
            refuse("not_found", f"no reader {name!r}", f"readers here: {', '.join(self._readers)}")
        return self._readers[name] if name else next(iter(self._readers.values()))
