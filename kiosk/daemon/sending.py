"""Sending: what goes up to the centre, what comes down from it, and what the kiosk says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kiosk.core.config import KioskConfig, Sync
from kiosk.core.record import decode_body
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.delivery import Delivery
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down import Down
from kiosk.daemon.down_files import StoreFiles
from kiosk.daemon.down_wiring import Outside, make_down
from kiosk.daemon.engine import Engine
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_source import PHOTOS, StoreSource
from kiosk.daemon.store import Store
from sync.documents import photo_context
from sync.events import LinkChanged
from sync.hello import DeviceHello
from sync.publisher import Publisher
from sync.sealing import receive_public, seal
from sync.topics import DeviceName

KEYS_S = 120.0
DOWN_STOP_S = 5.0
PUBLISHER_STOP_S = 3.0


class Sending:
    """Both ways between the kiosk and its centre; built once the engine has started.

    Without the centre's key nothing is sent; without its host a stick brings its answers.
    """

    def __init__(
        self, config: KioskConfig, engine: Engine, core: CoreState, keys: DeviceKeys,
        evidence: EvidenceStore, software: str,
    ) -> None:  # fmt: skip
        self._config, self._engine, self._core = config, engine, core
        self._keys, self._evidence, self._software = keys, evidence, software
        self._state_dir = Path(config.state_dir)
        self.delivery: Delivery | None = None
        self.publisher: Publisher | None = None
        self.older_keys: Mapping[str, str] = {}
        """The ledgers that were begun with an older key, and with which."""
        self._down: Down | None = None
        if config.sync.centre_key:
            self._know_the_centre()

    def _know_the_centre(self) -> None:
        store, own = self._core.store, self._keys.sign_public
        self.older_keys = self._engine.submit(lambda: _older_keys(store, own)).result(KEYS_S)
        self.delivery = Delivery(self._engine, self._core, self._core.hub)
        if self._config.sync.host:
            self.publisher = self._new_publisher(self.delivery)
        else:
            self.delivery.event(LinkChanged("off", ""))

    def receive(self, parts: DeskParts, desk: Desk, outside: Outside) -> None:
        """Begin to carry out what comes down."""
        if self.delivery is not None:
            self.delivery.down = self._down = make_down(parts, desk, outside)
            self._down.start()

    def start(self) -> None:
        """Begin to deliver."""
        if self.publisher:
            self.publisher.start()

    def stop(self) -> bool:
        """End both ways; whether each did in its time."""
        clean = self._down is None or self._down.stop(DOWN_STOP_S)
        if self.publisher:
            clean &= self.publisher.stop(PUBLISHER_STOP_S)
        return clean

    def tick(self) -> None:
        """Show the link, and do what came down for this moment; on the engine's thread."""
        if self.delivery:
            self.delivery.show_link()
        if self._down:
            now = self._core.clock.now()
            self._down.tick(now.wall_ms, trusted=now.trusted)

    def appended(self, ledger_id: str, seq: int) -> None:
        """A record was committed; never blocks."""
        if self.publisher:
            self.publisher.appended(ledger_id, seq)

    def take(self, config: KioskConfig) -> None:
        """Go by `config` from now on: another way to the same centre."""
        before, self._config = self._config, config
        if self.publisher and self.delivery and before.sync != config.sync:
            self.publisher.stop(PUBLISHER_STOP_S)
            self.publisher = self._new_publisher(self.delivery)
            self.publisher.start()

    def hello(self) -> DeviceHello:
        """What the kiosk says of itself to the centre."""
        config = self._config
        return DeviceHello(
            sign_key=self._keys.sign_public,
            receive_key=self._keys.receive_public,
            software=self._software,
            site=config.site.id,
            boot_id=self._core.clock.now().boot_id,
            simulated=any(r.simulated for r in config.readers)
            or any(t.simulated for t in config.terminals)
            or config.camera.simulated,
            roster=lambda: self._down.roster_version if self._down else 0,
            sign_head=self._sign_head,
        )

    @property
    def sent(self) -> Mapping[str, int]:
        """Up to where each ledger was handed to the broker."""
        return self.delivery.sent if self.delivery else {}

    @property
    def rewound(self) -> Mapping[str, int]:
        """Up to where the centre still has of a ledger what it acknowledged once."""
        return self.delivery.rewound if self.delivery else {}

    @property
    def cause(self) -> str:
        """Why the kiosk is not online; from any thread."""
        return self.delivery.cause if self.delivery else ""

    def ends(self) -> int:
        """How often the broker has lately ended the connection; from any thread."""
        return self.delivery.ends() if self.delivery else 0

    def _new_publisher(self, delivery: Delivery) -> Publisher:
        config = self._config
        return Publisher(
            self._sync(),
            config.device,
            lambda: StoreSource(self._state_dir, self._keys),
            self.hello(),
            delivery.event,
            files=lambda: self._files(config),
            clock_off_ms=self._clock_off_ms,
        )

    def _clock_off_ms(self) -> int | None:
        """What to add to the system's clock for the true time, None while that is not known."""
        clock = self._core.clock
        return clock.offset_ms if clock.now().trusted else None

    def _files(self, config: KioskConfig) -> StoreFiles:
        """What goes up after the punches; called on the publisher's thread."""
        store, context = self._core.store, photo_context(DeviceName(config.device.tenant, config.device.id))
        receiver = receive_public(bytes.fromhex(config.sync.centre_key))
        sealed = self._evidence.key_for(lambda key: seal(receiver, key, context))

        def gone(ledger_id: str, seq: int) -> None:
            self._engine.post(lambda: store.move_cursor(PHOTOS, ledger_id, seq))

        return StoreFiles(self._state_dir, self._evidence, sealed, gone)

    def _sign_head(self, ledger_id: str, statement: bytes) -> tuple[str, str]:
        """A ledger begun with an older key goes on being signed with it."""
        older = self.older_keys.get(ledger_id)
        if older:
            return self._keys.sign_as(older, statement)
        return self._keys.sign_public, self._keys.sign(statement)

    def _sync(self) -> Sync:
        """Delivery's settings, its files under the state folder unless they say otherwise."""
        sync = self._config.sync
        files = ("password_file", "ca_file", "cert_file", "key_file")
        placed = {name: str(self._state_dir / text) for name in files if (text := getattr(sync, name))}
        return msgspec.structs.replace(sync, **placed)


def _older_keys(store: Store, sign_key: str) -> dict[str, str]:
    """The ledgers that were begun with another key than `sign_key`, and with which."""
    found = {}
    for ledger in store.ledgers():
        record = decode_body(store.records(ledger.ledger_id, 0, 1, 1)[0].body)
        key = str(record.data.get("sign_key", sign_key))
        if key != sign_key:
            found[ledger.ledger_id] = key
    return found
