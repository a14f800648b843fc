"""Everything the engine thread owns: the store and the services that write through it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.config import KioskConfig
from kiosk.core.payload import Start, Stop
from kiosk.core.zone import ZoneName
from kiosk.daemon.clock import Clock
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Journal
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.punching import Punching
from kiosk.daemon.refusals import Refusals
from kiosk.daemon.roster import Roster
from kiosk.daemon.rtc import RtcKeeper
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.timekeeping import Timekeeper

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CoreState:
    """Used on the engine's thread only."""

    store: Store
    journal: Journal
    refusals: Refusals
    punching: Punching
    roster: Roster
    clock: Clock
    hub: ViewHub
    zone: ZoneName
    timekeeper: Timekeeper

    @classmethod
    def open(
        cls,
        config: KioskConfig,
        book: RuleBook,
        clock: Clock,
        hub: ViewHub,
        keys: DeviceKeys,
        software: str,
        committed: Callable[[str, int], None],
    ) -> CoreState:
        """Open the store and write the start record. Raises `StoreError`."""
        identity = Identity(config.device.tenant, config.device.id, software)
        store = Store.open(
            Path(config.state_dir), keys, identity, clock.now(), reserve_mb=config.storage.reserve_mb
        )
        zone = config.site.zone
        journal = Journal(store, clock, zone, committed)
        timekeeper = Timekeeper(clock, journal, RtcKeeper(Path(config.state_dir), config.clock.rtc_ppm))
        timekeeper.begin(Start(software=software, after=store.last_run))
        if store.opened == "restored":
            log.warning("the database was put back or damaged: ledger %s was opened", store.head.ledger_id)
        refusals = Refusals(journal)
        punching = Punching(store, journal, refusals, hub, config, book)
        hub.change(today=store.punches_today(clock.now(), zone))
        roster = Roster(store, journal, clock, zone)
        return cls(store, journal, refusals, punching, roster, clock, hub, zone, timekeeper)

    def tick(self) -> None:
        """About once a second: the clock, aggregated refusals, housekeeping."""
        self.timekeeper.tick()
        self.clock_moved()
        now = self.clock.now()
        self.refusals.flush(now.boot_ms)
        self.hub.change(today=self.store.punches_today(now, self.zone))
        self.store.idle()

    def clock_moved(self) -> None:
        """Correct earlier records when the clock became trustworthy, and tell the screen."""
        self.journal.clock_learned()
        shown = self.hub.view.clock
        source, offset_ms = self.clock.anchor.source, self.clock.offset_ms
        if source != shown.source or abs(offset_ms - shown.offset_ms) > 200:
            self.hub.change(clock=type(shown)(source, offset_ms))

    def end(self, reason: str) -> None:
        """Write what waits and close the store."""
        self.refusals.flush(self.clock.now().boot_ms, everything=True)
        self.journal.note(Stop(reason=reason))
        self.store.close()
