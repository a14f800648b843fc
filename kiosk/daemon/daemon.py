"""The composition root: which parts a kiosk has, how they hang together, in what order they stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.core.config import KioskConfig
from kiosk.core.payload import Admin, DeviceState
from kiosk.core.record import TimeBlock
from kiosk.daemon.clock import Clock
from kiosk.daemon.control import ControlServer
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.courier_parts import CourierParts
from kiosk.daemon.courier_wiring import Sticks
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.down_wiring import Outside
from kiosk.daemon.emulation import Emulation, emulated_devices
from kiosk.daemon.engine import Engine
from kiosk.daemon.enrolment import Enrolments
from kiosk.daemon.evidence import EvidenceStore, put_in_order
from kiosk.daemon.face_worker import FaceParts, Faces
from kiosk.daemon.gps import Gps
from kiosk.daemon.health import HealthSource
from kiosk.daemon.hub import ViewHub, first_view
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.notify import Notifier
from kiosk.daemon.reader_light import Lights
from kiosk.daemon.readers import Readers
from kiosk.daemon.reload import Reloading
from kiosk.daemon.resealing import Resealing
from kiosk.daemon.rules_files import RuleBook, Rules
from kiosk.daemon.sending import Sending
from kiosk.daemon.service import Service, ServiceParts
from kiosk.daemon.single import SingleInstance
from kiosk.daemon.slotmap import SlotMap
from kiosk.daemon.status import StatusSource
from kiosk.daemon.terminals import TerminalParts, Terminals
from kiosk.daemon.vault import Vault
from kiosk.daemon.vitals import Vitals
from kiosk.daemon.waiting import Waiting

log = logging.getLogger(__name__)
START_S = 120.0
STOP_S = {"face": 3.0, "control": 2.0, "reader": 3.0, "terminal": 3.0, "engine": 60.0}
ENGINE_STALL_S = 60.0  # an SD card may sit on one fsync this long
BEAT_S = 5.0


class Kiosk:
    """Every part of one kiosk, built from its configuration."""

    def __init__(self, config: KioskConfig, rules: Rules, software: str, config_file: Path) -> None:
        self._config, self._book, self._software = config, RuleBook(rules), software
        self._config_file = config_file
        self._state_dir = Path(config.state_dir)
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = SingleInstance(self._state_dir)
        self._notifier = Notifier()
        self._clock = Clock(floor=config.clock.floor, step_ms=config.clock.step_ms)
        self._hub = ViewHub(first_view(config, self._clock))
        self._keys = DeviceKeys.load_or_create(self._state_dir / "keys")
        self._vault = Vault.open(self._state_dir)
        self._evidence = EvidenceStore.open(self._state_dir)
        self._engine = Engine(begin=self._begin, tick=self._tick, end=self._end)
        self._board = DeviceBoard(self._clock, self._hub, self._record_device)
        self._core: CoreState | None = None
        self._on_commit: list[Callable[[str, int], None]] = []
        self._on_tick: list[Callable[[], None]] = []
        self._reloading = Reloading(
            config_file, config, self._book, self._engine, self._reconfigured, self._changed
        )
        self._stopping = threading.Event()
        self._stop_reason = "stopped"

    def run(self, stop: threading.Event) -> int:
        """Start everything, beat until `stop` is set, stop in order. Returns the exit status."""
        self._stopping = stop
        self._start()
        self._notifier.ready(f"{self._config.site.name}: ready")
        head = self.core.store.head
        log.info("ready: %s, ledger %s at %d", self._config.device.id, head.ledger_id, head.seq)
        vitals = Vitals()
        while not stop.wait(BEAT_S):
            self._reloading.run_if_asked()
            if dead := vitals.dead():
                log.critical("%s died; stopping so that the service manager starts anew", ", ".join(dead))
                self._stop_reason = "failed"
                self._stop()
                return 1
            if self._engine.age_s < ENGINE_STALL_S:
                self._notifier.beat()
        return self._stop()

    def ask_reload(self) -> None:
        """Read the files again at the next beat; for a signal handler."""
        self._reloading.ask()

    @property
    def core(self) -> CoreState:
        """What the engine thread owns; there once it has started."""
        if self._core is None:
            raise RuntimeError("the engine has not started")
        return self._core

    def _start(self) -> None:
        self._engine.start(START_S)
        try:
            self._make_parts()
            self._control = self._control_server(self._make_desk())
            self._control.preview = self._faces.preview
            self._faces.start()
            self._control.start()
        except Exception:
            self._stop_reason = "failed to start"
            self._engine.stop(STOP_S["engine"])  # or its thread would keep a process that does nothing
            raise
        self._hub.attach(self._control.publish)
        self._hub.attach(Lights(self._readers.workers).see)
        for part in (self._gps, self._readers, self._terminals, self._sticks, self._sending):
            part.start()

    def _stop(self) -> int:
        self._notifier.stopping()
        log.info("stopping")
        self._control.stop(STOP_S["control"])
        clean = self._faces.stop(STOP_S["face"])
        clean &= self._sticks.stop()
        clean &= self._gps.stop()
        clean &= self._readers.stop(STOP_S["reader"])
        clean &= self._terminals.stop(STOP_S["terminal"])
        clean &= self._engine.stop(STOP_S["engine"])  # it finishes the roster being applied
        clean &= self._sending.stop()
        log.info("stopped%s", "" if clean else ", but not everything in its time")
        return 0 if clean else 1

    def _begin(self) -> None:
        self._core = CoreState.open(
            self._config, self._book, self._clock, self._hub, self._keys, self._software, self._committed
        )
        put_in_order(self._evidence, self._core.store)

    def _tick(self) -> None:
        self.core.tick()
        self._hub.beat()
        for tick in tuple(self._on_tick):
            tick()

    def _end(self) -> None:
        self.core.end(self._stop_reason)

    def _committed(self, ledger_id: str, seq: int) -> None:
        for told in tuple(self._on_commit):
            told(ledger_id, seq)

    def _reconfigured(self, config: KioskConfig) -> None:
        """Take `config`, of which nothing differs but what counts at once."""
        before, self._config = self._config, config
        if before.screen != config.screen:
            self._hub.change(language=config.screen.language)
        self._sending.take(config)
        self._faces.take(config)

    def _make_parts(self) -> None:
        """What works with the store and the devices; each is started later."""
        config, engine, hub, core = self._config, self._engine, self._hub, self.core
        self._sending = sending = Sending(config, engine, core, self._keys, self._evidence, self._software)
        self._slots = SlotMap(engine, core.store, core.journal, self._vault, hub, self._keys.sign_public)
        self._readers = Readers(
            config.readers, self._board, self._slots,
            lambda seen: engine.post(lambda: core.punching.finger_seen(seen)),
            lambda poor: engine.post(lambda: core.punching.poor_image(poor)),
        )  # fmt: skip
        self._terminals = Terminals(TerminalParts(config, self._book, engine, core, self._board, self._vault))
        self._faces = Faces(FaceParts(config, engine, core, hub, self._board, self._vault, self._evidence))
        self._gps = Gps(config, self._book, core)
        self._sticks = Sticks(CourierParts(
            lambda: self._config, engine, core, self._keys, sending.delivery,
            lambda view: hub.change(stick=view), sending.older_keys, sending.hello,
        ))  # fmt: skip
        self._on_commit.append(sending.appended)
        self._on_tick += [self._gps.tick, sending.tick]

    def _make_desk(self) -> Desk:
        """The desk, and what comes down from the centre to be done there."""
        config, sending = self._config, self._sending
        parts = DeskParts(
            config, self._book, self._engine, self.core, self._readers.workers, self._vault,
            self._evidence, self._keys, Waiting(self._hub, lambda: self._clock.now().wall_ms),
            photos=self._faces.photos, forget=self._terminals.forget, carry=self._sticks.carry,
        )  # fmt: skip
        desk = Desk(parts)
        desk.started()
        self._on_tick.append(desk.tick)
        sending.receive(parts, desk, Outside(
            self._config_file, self._path(config.control.admin_socket), lambda: sending.publisher,
            self._stopping.set, self._readers.recheck,
        ))  # fmt: skip
        return desk

    def _control_server(self, desk: Desk) -> ControlServer:
        config, core, sending = self._config, self.core, self._sending
        return ControlServer(
            Service(ServiceParts(
                config, self._engine, core, self._hub, self._readers.workers,
                Enrolments(self._engine, core.store, core.journal, self._vault, self._hub),
                Emulation(emulated_devices(config), self._hub, self._terminals.user_id),
                self._status_source(), self._health_source(), desk, sending.sent, sending.rewound,
                self._terminals, self._sticks.desk, self._reloading,
                Resealing(self._engine, core.store, core.journal, self._vault), self._faces,
            )),
            admin_path=self._path(config.control.admin_socket),
            ui_path=self._path(config.control.ui_socket),
            on_refused=self._socket_refused,
            admin_group=config.control.admin_group,
            ui_group=config.control.ui_group,
        )  # fmt: skip

    def _status_source(self) -> StatusSource:
        parts = (self._slots, self._terminals, self._faces)
        return StatusSource(
            lambda: self._config, self._engine, self.core, self._hub, self._board, self._book,
            self._software, lambda: [problem for part in parts for problem in part.problems()],
        )  # fmt: skip

    def _health_source(self) -> HealthSource:
        return HealthSource(
            self._config_file, self._state_dir, self._engine, self._board,
            link_cause=lambda: self._sending.cause,
            link_ends=self._sending.ends,
            screens=lambda: self._control.screens,
            notes=lambda name: (*self._slots.notes(name), *self._terminals.notes(name)),
        )  # fmt: skip

    def _path(self, text: str) -> Path:
        return self._state_dir / text

    def _changed(self, keys: tuple[str, ...]) -> None:
        self.core.journal.note(Admin(actor="socket:admin", action="reload", detail=", ".join(keys)))

    def _record_device(self, state: DeviceState, at: TimeBlock) -> None:
        self._engine.post(lambda: self.core.journal.note(state))

    def _socket_refused(self, cause: str, detail: str) -> None:
        boot_ms = self._clock.now().boot_ms
        self._engine.post(
            lambda: self.core.refusals.add(f"socket_{cause}", "control", boot_ms, detail=detail[:200])
        )
