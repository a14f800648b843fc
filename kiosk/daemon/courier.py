"""The courier: what a stick's visit is made of.

A child touches the stick; here each visit is put together and becomes a record. One visit at a time.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from kiosk.core import courier as api
from kiosk.core.payload import StickVisit
from kiosk.core.view import StickView
from kiosk.daemon import sticks
from kiosk.daemon.courier_child import Looked, Task
from kiosk.daemon.courier_memory import CourierMemory
from kiosk.daemon.courier_parts import CourierParts
from kiosk.daemon.courier_receipts import Receipts
from kiosk.daemon.courier_refusal import refuse_stick
from kiosk.daemon.courier_run import CourierRun
from kiosk.daemon.ledger_source import StoreSource
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seals import day_seal
from kiosk.daemon.store import StoreReader
from sync.courier.export import Asked, Exported, Progress
from sync.courier.receipt import Sent
from sync.courier.stick import StickError
from sync.hello import state_message
from sync.topics import DeviceName

log = logging.getLogger(__name__)
ENGINE_S = 60.0
SHOWN_S = 60.0
WAIT_TURN_S = 0.1
Emit = Callable[[object], None]


class Courier:
    """Visits of sticks. `visit` and the commands run on any thread but the engine's."""

    def __init__(self, parts: CourierParts) -> None:
        config = parts.config()
        self._parts, self._state_dir = parts, Path(config.state_dir)
        self.name = DeviceName(config.device.tenant, config.device.id)
        self.folder = self._state_dir / config.courier.folder if config.courier.folder else None
        self.memory = CourierMemory(self._state_dir)
        self._receipts = Receipts(parts, self.name, self._state_dir, self.memory)
        self.run, self._turn = CourierRun(), threading.Lock()
        self._plugged = False
        self._load: tuple[dict[str, bytes], Future[list[str]]] | None = None
        self._hide = threading.Timer(SHOWN_S, self._show, (None,))
        self._shown: StickView | None = None

    def carry(self, files: Mapping[str, bytes], wait_s: float) -> list[str]:
        """Write files for somebody at the kiosk to the stick in it, or the next one; their paths on it.

        Raises `Refusal`.
        """
        if self.folder is None:
            refuse("not_found", "this kiosk does not look for sticks", "set folder under [courier]")
        load: Future[list[str]] = Future()
        if self._load is not None:
            refuse("busy", "other files wait for a stick", "finish that first")
        self._load, end_s = (dict(files), load), time.monotonic() + wait_s
        try:
            with suppress(StickError):  # the load knows
                self._visit_for(load, self.folder, end_s)
            return load.result(max(0.0, end_s - time.monotonic()))
        except StickError as error:
            refuse_stick(error)
        except CancelledError:
            refuse("cancelled", "it was given up", "begin again")
        except TimeoutError:
            refuse("timeout", "no stick was plugged in", "plug one in when the screen asks for it")
        finally:
            self._load = None

    def _visit_for(self, load: Future[list[str]], folder: Path, end_s: float) -> None:
        """Visit the stick that is in the kiosk already, after whoever deals with it now."""
        while sticks.is_there(folder) and not load.done() and time.monotonic() < end_s:
            if not self._turn.locked():
                self.visit(folder)
                return
            time.sleep(WAIT_TURN_S)

    def cancel(self) -> None:
        """Wait for no stick any more."""
        load = self._load
        if load is not None:
            load[1].cancel()

    def stop(self) -> None:
        """Leave the stick as it is; what was not finished on it does not count."""
        self.run.stop()
        self._hide.cancel()

    def visit(self, path: Path, emit: Emit = lambda event: None, *, export: bool = True) -> api.CourierDone:
        """Read the receipt on the stick at `path`, then export to it. Raises `StickError`."""
        if not self._turn.acquire(blocking=False):
            raise StickError("failed", "another stick is being dealt with")
        self._plugged = path == self.folder
        self._hide.cancel()
        try:
            return self._visit(path, emit, export=export)
        except StickError as error:
            self._ended(emit, StickView(state="failed", code=error.code))
            if not self.run.stopped:
                self._parts.note(StickVisit(what="refused", stick="", code=error.code))
            raise
        finally:
            if self._shown is not None and self._shown.state in ("reading", "writing"):
                self._show(None)  # something else than the stick failed; the log has it
            self._turn.release()

    def _visit(self, path: Path, emit: Emit, *, export: bool) -> api.CourierDone:
        self._tell(emit, StickView(state="reading"))
        files = self._unload(path)
        if files and not self._parts.config().sync.centre_key:
            self._ended(emit, StickView(state="done", files=files))
            return api.CourierDone(stick="")
        looked = self.run.do(self.task("look", path)).looked
        assert looked is not None
        done = self._receipts.received(looked)
        if export:
            self._tell(emit, StickView(state="writing", accepted=done.accepted, standing=done.standing))
            done = self._exported(path, emit, looked, done)
        self._ended(emit, StickView(
            state="done", code=done.note, records=done.records, photos=done.photos, left=done.photos_left,
            accepted=done.accepted, standing=done.standing, files=files,
        ))  # fmt: skip
        return done

    def _unload(self, path: Path) -> int:
        """Put on the stick what somebody waits for; how many files."""
        if self._load is None or path != self.folder:
            return 0
        files, load = self._load
        try:
            paths = self.run.do(self.task("put", path, files=files)).paths or []
        except StickError as error:
            with suppress(InvalidStateError):  # given up in this very moment
                load.set_exception(error)
            raise
        with suppress(InvalidStateError):
            load.set_result(paths)
        self._load = None
        return len(paths)

    def _exported(self, path: Path, emit: Emit, looked: Looked, done: api.CourierDone) -> api.CourierDone:
        parts, export, now = self._parts, secrets.token_hex(16), self._parts.core.clock.now()

        def told(progress: Progress) -> None:
            self._tell(emit, StickView(
                state="writing", done=progress.records + progress.photos,
                of=progress.of_records + progress.of_photos, accepted=done.accepted, standing=done.standing,
            ))  # fmt: skip

        with StoreReader.open(self._state_dir) as reader:
            seal = day_seal(reader, parts.keys, self.name, self.today())
            ends = {ledger.ledger_id: ledger.seq for ledger in reader.ledgers()}
        state = state_message(
            parts.hello(), self.name, StoreSource(self._state_dir, parts.keys), "offline"
        ).decode()
        task = msgspec.structs.replace(
            self.task("export", path, export=export, seal=seal.text if seal else "", state=state),
            remembered=self.memory.remembered(ends),
            answered=self._receipts.answered(looked),
        )
        asked = tuple(Asked(ledger_id, end, ()) for ledger_id, end in ends.items())
        self.memory.begun(Sent(export, now.boot_id, now.boot_ms, asked))
        exported = self.run.do(task, told).exported
        assert exported is not None
        manifest = exported.manifest
        visit = _visit_of(exported, looked.stick, now.wall_ms)
        self.memory.exported(Sent(export, now.boot_id, now.boot_ms, exported.asked), visit)
        self._parts.note(StickVisit(
            what="exported", stick=looked.stick, export=export, records=manifest.records,
            photos=manifest.photos, size_bytes=exported.size_bytes,
        ))  # fmt: skip
        return api.CourierDone(
            stick=looked.stick, records=manifest.records, photos=manifest.photos,
            photos_left=manifest.photos_left, size_bytes=exported.size_bytes, accepted=done.accepted,
            documents=done.documents, standing=done.standing, note=done.note,
        )  # fmt: skip

    def today(self) -> str:
        """The local date, ISO."""
        return sticks.local_day(self._parts.core.clock.now().wall_ms, self._parts.config().site.zone)

    def task(
        self, do: Any, path: Path, export: str = "", stick: str = "", seal: str = "",
        state: str = "", files: dict[str, bytes] | None = None,
    ) -> Task:  # fmt: skip
        """What the child is to do with the stick at `path`. Raises `StickError`, no_centre_key."""
        key = self._parts.config().sync.centre_key
        if do in ("look", "export") and (not key or self._parts.delivery is None):
            raise StickError("no_centre_key", "this kiosk does not know its centre's key")
        return Task(
            do=do, path=str(path), state_dir=str(self._state_dir), tenant=self.name.tenant,
            device=self.name.device, centre_key=key, export=export, stick=stick, seal=seal, state=state,
            older=dict(self._parts.older_keys), files=files or {},
        )  # fmt: skip

    def _ended(self, emit: Emit, view: StickView) -> None:
        """Everything is on the stick; the screen says so once it is unmounted too."""
        if self.run.stopped:
            return
        safe = not self._plugged or self.folder is None or sticks.let_go(self.folder)
        self._tell(emit, msgspec.structs.replace(view, safe=safe))
        self._hide = threading.Timer(SHOWN_S, self._show, (None,))
        self._hide.daemon = True
        self._hide.start()

    def _tell(self, emit: Emit, view: StickView) -> None:
        if self._plugged:
            self._show(view)
        emit(view)

    def _show(self, view: StickView | None) -> None:
        self._shown = view
        self._parts.show(view)


def _visit_of(exported: Exported, stick: str, at_ms: int) -> api.CourierVisit:
    manifest = exported.manifest
    return api.CourierVisit(
        export=manifest.export, stick=stick, at_ms=at_ms, records=manifest.records, photos=manifest.photos,
        size_bytes=exported.size_bytes, answered=False,
    )  # fmt: skip
