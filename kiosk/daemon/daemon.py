"""The composition root: which parts a kiosk has, how they hang together, in what order they stop."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import msgspec

from kiosk.core.config import CAMERA, KioskConfig, Sync
from kiosk.core.payload import Admin, DeviceState
from kiosk.core.policy_faults import Found, unknown_people
from kiosk.core.record import TimeBlock
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.daemon.clock import Clock
from kiosk.daemon.control import ControlServer, SocketInUseError
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.courier import Courier
from kiosk.daemon.courier_desk import CourierDesk
from kiosk.daemon.courier_parts import CourierParts
from kiosk.daemon.delivery import Delivery
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.down import Down
from kiosk.daemon.down_wiring import Outside, make_down, make_files, older_keys
from kiosk.daemon.emulation import EmulatedDevice, Emulation
from kiosk.daemon.engine import Engine
from kiosk.daemon.enrolment import Enrolments
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.face_worker import FaceParts, Faces
from kiosk.daemon.gps_time import GpsTime
from kiosk.daemon.hardware import Receiver
from kiosk.daemon.health import HealthSource
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_source import StoreSource
from kiosk.daemon.notify import Notifier
from kiosk.daemon.placing import Placing
from kiosk.daemon.reader_light import Lights
from kiosk.daemon.readers import Readers
from kiosk.daemon.reload import Reloading
from kiosk.daemon.resealing import Resealing
from kiosk.daemon.rules_files import RuleBook, Rules
from kiosk.daemon.service import Service, ServiceParts
from kiosk.daemon.single import SingleInstance
from kiosk.daemon.slotmap import SlotMap
from kiosk.daemon.status import StatusSource
from kiosk.daemon.sticks import StickWatch
from kiosk.daemon.terminals import TerminalParts, Terminals
from kiosk.daemon.vault import Vault
from kiosk.daemon.vitals import Vitals
from kiosk.daemon.waiting import Waiting
from sync.events import LinkChanged
from sync.hello import DeviceHello
from sync.publisher import Publisher

log = logging.getLogger(__name__)
START_S = 120.0
STOP_S = {
    "gps": 2.0, "face": 3.0, "control": 2.0, "reader": 3.0, "terminal": 3.0, "engine": 60.0,
    "publisher": 3.0, "down": 5.0, "stick": 3.0,
}  # fmt: skip
ENGINE_STALL_S = 60.0  # an SD card may sit on one fsync this long
BEAT_S = 5.0


class Kiosk:
    """Every part of one kiosk, built from its configuration."""

    def __init__(self, config: KioskConfig, rules: Rules, software: str, config_file: Path) -> None:
        self._config, self._book, self._software = config, RuleBook(rules), software
        self._desk: Desk | None = None
        self._gps: Receiver | None = None
        self._placing: Placing | None = None
        self._gps_time: GpsTime | None = None
        self._config_file = config_file
        self._state_dir = Path(config.state_dir)
        self._state_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._lock = SingleInstance(self._state_dir)
        self._notifier = Notifier()
        self._clock = Clock(floor=config.clock.floor, step_ms=config.clock.step_ms)
        self._hub = ViewHub(_first_view(config, self._clock))
        self._keys = DeviceKeys.load_or_create(self._state_dir / "keys")
        self._vault = Vault.open(self._state_dir)
        self._evidence = EvidenceStore.open(self._state_dir)
        self._engine = Engine(begin=self._begin, tick=self._tick, end=self._end)
        self._board = DeviceBoard(self._clock, self._hub, self._record_device)
        self._core: CoreState | None = None
        self._publisher: Publisher | None = None
        self._delivery: Delivery | None = None
        self._reloading = Reloading(
            config_file, config, self._book, self._engine, self._reconfigured, self._changed
        )
        self._down: Down | None = None
        self._courier: Courier | None = None
        self._sticks: StickWatch | None = None
        self._older_keys: dict[str, str] = {}
        self._stopping = threading.Event()
        self._stop_reason = "stopped"

    def run(self, stop: threading.Event) -> int:
        """Start everything, beat until `stop` is set, stop in order. Returns the exit status."""
        self._stopping = stop
        self._start()
        self._notifier.ready(f"{self._config.site.name}: ready")
        log.info("ready: %s, ledger %s at %d", self._config.device.id, *self._where())
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
        self._make_publisher()
        self._slots = SlotMap(
            self._engine, self.core.store, self.core.journal, self._vault, self._hub, self._keys.sign_public
        )
        self._readers = self._all_readers()
        self._terminals = self._all_terminals()
        self._faces = self._make_faces()
        self._control = self._control_server()
        self._control.preview = self._faces.preview
        try:
            self._faces.start()
            self._control.start()
        except (OSError, SocketInUseError):
            self._stop_reason = "failed to start"
            self._faces.stop(STOP_S["face"])
            self._stop_core()
            raise
        self._hub.attach(self._control.publish)
        self._hub.attach(Lights(self._readers.workers).see)
        self._readers.start()
        self._terminals.start()
        if self._sticks:
            self._sticks.start()
        if self._publisher:
            self._publisher.start()

    def _stop(self) -> int:
        self._notifier.stopping()
        log.info("stopping")
        self._control.stop(STOP_S["control"])
        clean = self._faces.stop(STOP_S["face"])
        if self._courier:
            self._courier.stop()
        if self._sticks:
            clean &= self._sticks.stop(STOP_S["stick"])
        if self._gps:
            clean &= self._gps.stop(STOP_S["gps"])
        clean &= self._readers.stop(STOP_S["reader"])
        clean &= self._terminals.stop(STOP_S["terminal"])
        clean &= self._stop_core()
        log.info("stopped%s", "" if clean else ", but not everything in its time")
        return 0 if clean else 1

    def _stop_core(self) -> bool:
        clean = self._engine.stop(STOP_S["engine"])  # first: it finishes the roster being applied
        if self._down:
            clean &= self._down.stop(STOP_S["down"])
        if self._publisher:
            clean &= self._publisher.stop(STOP_S["publisher"])
        return clean

    def _begin(self) -> None:
        self._core = CoreState.open(
            self._config,
            self._book,
            self._clock,
            self._hub,
            self._keys,
            self._software,
            self._committed,
        )

    def _tick(self) -> None:
        self.core.tick()
        self._hub.beat()
        if self._desk:
            self._desk.tick()
        if self._placing:
            self._placing.tick()
        if self._gps_time:
            self._gps_time.tick()
        if self._delivery:
            self._delivery.show_link()
        if self._down:
            now = self._clock.now()
            self._down.tick(now.wall_ms, trusted=now.trusted)

    def _end(self) -> None:
        self.core.end(self._stop_reason)

    def _committed(self, ledger_id: str, seq: int) -> None:
        if self._publisher:
            self._publisher.appended(ledger_id, seq)

    def _where(self) -> tuple[str, int]:
        head = self.core.store.head
        return head.ledger_id, head.seq

    def _make_publisher(self) -> None:
        if not self._config.sync.centre_key:
            return
        store = self.core.store
        self._older_keys = self._engine.submit(lambda: older_keys(store, self._keys.sign_public)).result(
            START_S
        )
        self._delivery = Delivery(self._engine, self.core, self._hub)
        if self._config.sync.host:
            self._publisher = self._new_publisher(self._delivery)
        else:  # a stick brings the centre's answers
            self._delivery.event(LinkChanged("off", ""))

    def _hello(self) -> DeviceHello:
        """What the kiosk says of itself to the centre."""
        config = self._config
        return DeviceHello(
            sign_key=self._keys.sign_public,
            receive_key=self._keys.receive_public,
            software=self._software,
            site=config.site.id,
            boot_id=self._clock.now().boot_id,
            simulated=any(r.simulated for r in config.readers)
            or any(t.simulated for t in config.terminals)
            or config.camera.simulated,
            roster=lambda: self._down.roster_version if self._down else 0,
            sign_head=self._sign_head,
        )

    def _new_publisher(self, delivery: Delivery) -> Publisher:
        config = self._config
        return Publisher(
            self._sync(),
            config.device,
            lambda: StoreSource(self._state_dir, self._keys),
            self._hello(),
            delivery.event,
            files=lambda: make_files(self._desk_parts, config.sync.centre_key),
            clock_known=lambda: self._clock.now().trusted,
        )

    def _sign_head(self, ledger_id: str, statement: bytes) -> tuple[str, str]:
        """A ledger begun with an older key goes on being signed with it."""
        older = self._older_keys.get(ledger_id)
        if older:
            return self._keys.sign_as(older, statement)
        return self._keys.sign_public, self._keys.sign(statement)

    def _reconfigured(self, config: KioskConfig) -> None:
        """Take `config`, of which nothing differs but what counts at once."""
        before, self._config = self._config, config
        if before.screen != config.screen:
            self._hub.change(language=config.screen.language)
        if self._publisher and self._delivery and before.sync != config.sync:
            self._publisher.stop(STOP_S["publisher"])
            self._publisher = self._new_publisher(self._delivery)
            self._publisher.start()

    def _all_readers(self) -> Readers:
        punching, post = self.core.punching, self._engine.post
        return Readers(
            self._config.readers,
            self._board,
            self._slots,
            lambda seen: post(lambda: punching.finger_seen(seen)),
            lambda poor: post(lambda: punching.poor_image(poor)),
        )

    def _all_terminals(self) -> Terminals:
        parts = TerminalParts(self._config, self._book, self._engine, self.core, self._board, self._vault)
        return Terminals(parts)

    def _control_server(self) -> ControlServer:
        config = self._config
        core = self.core
        self._start_gps()
        self._desk = desk = self._make_desk(core)
        enrolments = Enrolments(self._engine, core.store, core.journal, self._vault, self._hub)
        emulated = [
            EmulatedDevice(r.name, "reader", self._path(r.emulator_control))
            for r in config.readers
            if r.simulated and r.emulator_control
        ]
        emulated += [
            EmulatedDevice(t.name, "terminal", self._path(t.emulator_control))
            for t in config.terminals
            if t.simulated and t.emulator_control
        ]
        if config.camera.simulated and config.camera.emulator_control:
            emulated.append(EmulatedDevice(CAMERA, "camera", self._path(config.camera.emulator_control)))
        status = StatusSource(
            lambda: self._config, self._engine, core, self._hub, self._board, self._book, self._software,
            self._problems,
        )  # fmt: skip
        parts = ServiceParts(
            config,
            self._engine,
            core,
            self._hub,
            self._readers.workers,
            enrolments,
            Emulation(emulated, self._hub, self._terminals.user_id),
            status,
            self._health_source(),
            desk,
            self._delivery.sent if self._delivery else {},
            self._delivery.rewound if self._delivery else {},
            self._terminals,
            self._make_courier(core),
            self._reloading,
            Resealing(self._engine, core.store, core.journal, self._vault),
            self._faces,
        )
        return ControlServer(
            Service(parts),
            admin_path=self._path(config.control.admin_socket),
            ui_path=self._path(config.control.ui_socket),
            on_refused=self._socket_refused,
            admin_group=config.control.admin_group,
            ui_group=config.control.ui_group,
        )

    def _start_gps(self) -> None:
        config, latitude, longitude = self._config, self._config.site.latitude, self._config.site.longitude
        if not config.gps.host or latitude is None or longitude is None:
            return
        self._gps = gps = Receiver(config.gps)
        gps.start()
        placing = Placing(gps.position, (latitude, longitude), self._book, self._hub)
        self.core.punching.place_now = placing.now
        self._gps_time = GpsTime(gps.moment, self.core.timekeeper)
        self._placing = placing

    def _make_desk(self, core: CoreState) -> Desk:
        waiting = Waiting(self._hub, lambda: self._clock.now().wall_ms)
        self._desk_parts = parts = DeskParts(
            self._config, self._book, self._engine, core, self._readers.workers, self._vault,
            self._evidence, self._keys, waiting, photos=self._faces.photos,
            forget=self._terminals.forget,
            carry=lambda files, wait_s: self._courier.carry(files, wait_s) if self._courier else [],
        )  # fmt: skip
        desk = Desk(parts)
        desk.started()
        self._start_down(parts, desk)
        return desk

    def _make_courier(self, core: CoreState) -> CourierDesk:
        """The sticks; with a folder for them configured, a watch over it."""
        parts = CourierParts(
            lambda: self._config, self._engine, core, self._keys, self._delivery,
            lambda view: self._hub.change(stick=view), self._older_keys, self._hello,
        )  # fmt: skip
        self._courier = courier = Courier(parts)
        if courier.folder:
            self._sticks = StickWatch(courier.folder, courier.name, courier.visit)
        return CourierDesk(courier, parts)

    def _start_down(self, parts: DeskParts, desk: Desk) -> None:
        if self._delivery is None:
            return
        socket = self._path(self._config.control.admin_socket)
        outside = Outside(
            self._config_file, socket, lambda: self._publisher, self._stopping.set, self._readers.recheck
        )
        self._delivery.down = self._down = make_down(parts, desk, outside)
        self._down.start()

    def _make_faces(self) -> Faces:
        """With what photos there are put in order: those of no record are what a power cut left."""
        store = self.core.store
        if store.opened == "same":
            self._engine.submit(self._sweep_photos).result(START_S)
        store.room.photos = self._evidence.give_up
        return Faces(FaceParts(
            self._config, self._engine, self.core, self._hub, self._board, self._vault, self._evidence
        ))  # fmt: skip

    def _sweep_photos(self) -> None:
        kept = {photo.ciphertext_sha256 for photo in self.core.store.evidence()}
        if strays := self._evidence.sweep(kept):
            log.info("%d photos without a record were deleted: left by a power cut", strays)

    def _health_source(self) -> HealthSource:
        return HealthSource(
            self._config_file,
            self._state_dir,
            self._engine,
            self._board,
            link_cause=lambda: self._delivery.cause if self._delivery else "",
            link_ends=lambda: self._delivery.ends() if self._delivery else 0,
            screens=lambda: self._control.screens,
            notes=lambda name: (*self._slots.notes(name), *self._terminals.notes(name)),
        )

    def _sync(self) -> Sync:
        """Delivery's settings, its files under the state folder unless they say otherwise."""
        sync = self._config.sync
        files = ("password_file", "ca_file", "cert_file", "key_file")
        placed = {name: str(self._path(text)) for name in files if (text := getattr(sync, name))}
        return msgspec.structs.replace(sync, **placed)

    def _path(self, text: str) -> Path:
        return self._state_dir / text

    def _problems(self) -> list[str]:
        faults = [f"{fault}\n  the last good one stays in force" for fault in self._book.faults]
        strangers = [f"policy {self._book.policy.version}: {words}" for _, words in self._strangers()]
        return [
            *faults,
            *strangers,
            *self._slots.problems(),
            *self._terminals.problems(),
            *self._faces.problems(),
        ]

    def _strangers(self) -> list[Found]:
        """People whom the policy names and nobody has entered."""
        store = self.core.store

        def task() -> list[Found]:
            return unknown_people(self._book.policy, lambda n: store.person_by_number(n) is not None)

        return self._engine.submit(task).result(START_S)

    def _changed(self, keys: tuple[str, ...]) -> None:
        self.core.journal.note(Admin(actor="socket:admin", action="reload", detail=", ".join(keys)))

    def _record_device(self, state: DeviceState, at: TimeBlock) -> None:
        self._engine.post(lambda: self.core.journal.note(state))

    def _socket_refused(self, cause: str, detail: str) -> None:
        boot_ms = self._clock.now().boot_ms
        self._engine.post(
            lambda: self.core.refusals.add(f"socket_{cause}", "control", boot_ms, detail=detail[:200])
        )


def _first_view(config: KioskConfig, clock: Clock) -> View:
    return View(
        revision=1,
        language=config.screen.language,
        speak=config.screen.speak,
        site=SiteView(config.site.name, config.site.zone),
        clock=ClockView(clock.anchor.source, clock.offset_ms),
        link=LinkView("connecting" if config.sync.host else "off", 0),
        devices=(),
    )
