"""What can be asked about sticks and seals; each command runs on a thread of the control server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.core import courier as api
from kiosk.core.api import Done
from kiosk.core.command import Command
from kiosk.core.payload import StickVisit
from kiosk.daemon import sticks
from kiosk.daemon.courier import Courier, Emit
from kiosk.daemon.courier_parts import CourierParts
from kiosk.daemon.courier_photos import waiting_photos
from kiosk.daemon.courier_refusal import refuse_stick
from kiosk.daemon.ledger_source import DESTINATION
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seals import day_seal
from kiosk.daemon.store import StoreReader
from sync.courier.stick import StickError


class CourierDesk:
    """Carries out the commands of `kiosk.core.courier`."""

    def __init__(self, courier: Courier, parts: CourierParts) -> None:
        self._courier, self._parts = courier, parts
        self._state_dir = Path(parts.config().state_dir)

    def commands(self) -> dict[type[Command], Callable[[Any, Emit], object]]:
        """How each command is carried out."""
        return {
            api.GetCourier: lambda command, emit: self._state(),
            api.CourierExport: lambda command, emit: self._visit(command.path, emit, export=True),
            api.CourierImport: lambda command, emit: self._visit(command.path, emit, export=False),
            api.CourierPair: lambda command, emit: self._pair(command.path),
            api.GetSeal: lambda command, emit: self._seal(command.day),
        }

    def cancel(self) -> None:
        """Whoever waits for a stick has gone."""
        self._courier.cancel()

    def _visit(self, path: str, emit: Emit, *, export: bool) -> api.CourierDone:
        try:
            return self._courier.visit(self._path(path), emit, export=export)
        except StickError as error:
            refuse_stick(error)

    def _pair(self, path: str) -> Done:
        stick = secrets.token_hex(16)
        try:
            self._courier.run.do(self._courier.task("pair", self._path(path), stick=stick))
        except StickError as error:
            refuse_stick(error)
        self._parts.note(StickVisit(what="paired", stick=stick))
        return Done(stick[:8])

    def _seal(self, day: str) -> api.SealOut:
        day = day or self._courier.today()
        with StoreReader.open(self._state_dir) as reader:
            seal = day_seal(reader, self._parts.keys, self._courier.name, day)
        if seal is None:
            refuse("not_found", f"no record was written on {day}", "ask for another day")
        return api.SealOut(
            text=seal.text, day=seal.day, first=seal.first, last=seal.last, count=seal.count,
            ledger_id=seal.ledger_id, head=seal.head,
        )  # fmt: skip

    def _state(self) -> api.CourierState:
        folder, memory = self._courier.folder, self._courier.memory
        upto = {one.ledger_id: one.upto for sent in memory.sent for one in sent.asked}
        with StoreReader.open(self._state_dir) as reader:
            photos = sum(1 for _ in waiting_photos(reader))
            at = {i.ledger_id: reader.cursor(DESTINATION, i.ledger_id) for i in reader.ledgers()}
            records = sum(max(0, i.deliver_upto - at[i.ledger_id]) for i in reader.ledgers())
        return api.CourierState(
            records=records, photos=photos,
            exported=sum(max(0, upto.get(ledger_id, 0) - cursor) for ledger_id, cursor in at.items()),
            folder=str(folder or ""), present=folder is not None and sticks.is_there(folder),
            centre_known=bool(self._parts.config().sync.centre_key), visits=memory.visits,
        )  # fmt: skip

    def _path(self, path: str) -> Path:
        if path:
            return Path(path)
        folder = self._courier.folder
        if folder is None:
            refuse("not_found", "this kiosk does not look for sticks", "set folder under [courier]")
        if not sticks.is_there(folder):
            refuse("not_found", "no stick is in the kiosk", "plug one in and wait a few seconds")
        return folder
