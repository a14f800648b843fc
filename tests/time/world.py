"""A world with a true time, machines that boot, and the real engine state on a clock the test controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kiosk.core.payload import Start
from kiosk.core.record import Record, TimeBlock, TimeSource, decode_body
from kiosk.core.zone import ZoneName
from kiosk.daemon.clock import Clock
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.kernel_clock import KernelClock
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.rtc import RtcKeeper
from kiosk.daemon.store import Store
from kiosk.daemon.timekeeping import Timekeeper
from tests.store.samples import IDENTITY, punch

START_MS = 1_791_244_800_000  # 2026-10-06 07:00 WIB
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NO_RTC = None


@dataclass(frozen=True)
class Running:
    """What of a kioskd has to do with time."""

    store: Store
    journal: Journal
    clock: Clock
    keeper: Timekeeper


@dataclass
class World:
    """`true_ms` is UTC; the rest is what the machine has."""

    folder: Path
    true_ms: float = START_MS
    boot: int = 0
    boot_ms: float = 0.0
    ppm: float = 40.0
    system_ms: float = 0.0
    ntp: bool = False
    ntp_error_ms: int = 20
    rtc_ms: float | None = NO_RTC
    truth: dict[int, float] = field(default_factory=dict)
    running: Running | None = None

    def power_on(self, *, system_ms: float | None = None) -> None:
        """The machine boots; its system's clock comes from the RTC, or from what is said."""
        self.boot += 1
        self.boot_ms = 0.0
        self.ntp = False
        kept = self.rtc_ms if self.rtc_ms is not None else START_MS - 40 * DAY
        self.system_ms = kept if system_ms is None else system_ms
        self.go_on(25_000)

    def go_on(self, ms: float) -> None:
        """Time passes; the kiosk looks at its clock once, at the end."""
        ran = ms * (1 + self.ppm / 1e6)
        self.true_ms += ms
        self.boot_ms += ran
        self.system_ms += ran
        if self.rtc_ms is not None:
            self.rtc_ms += ms * (1 + 15 / 1e6)
        if self.ntp:
            self.system_ms = self.true_ms + self.ntp_error_ms * 0.8
        if self.running:
            self.running.keeper.tick()

    def without_power(self, ms: float, *, rtc_ms: float | None = None) -> None:
        """The power is cut for a while; `rtc_ms`: the battery is dead, it begins there."""
        self.cut()
        self.true_ms += ms
        if self.rtc_ms is not None:
            self.rtc_ms = rtc_ms if rtc_ms is not None else self.rtc_ms + ms * (1 + 15 / 1e6)

    def sync_ntp(self) -> None:
        """NTP sets the clock, and the kernel the RTC."""
        self.ntp = True
        self.system_ms = self.true_ms + self.ntp_error_ms * 0.8
        if self.rtc_ms is not None:
            self.rtc_ms = self.true_ms
        self.go_on(1000)

    def lose_ntp(self) -> None:
        """The servers cannot be reached any more."""
        self.ntp = False
        self.go_on(1000)

    def hear(self, source: TimeSource, *, off_ms: float = 0, within_ms: int = 200) -> None:
        """A source tells the time, `off_ms` wrong."""
        heard = round(self.true_ms + off_ms), round(self.boot_ms), within_ms
        self.core.keeper.learn(source, *heard)

    def start(self, *, zone: ZoneName = "WIB") -> None:
        """kioskd starts."""
        clock = Clock(floor="2026-01-01", step_ms=2000, kernel=self._kernel, boot=lambda: f"boot-{self.boot}")
        keys = DeviceKeys.load_or_create(self.folder / "keys")
        store = Store.open(self.folder, keys, IDENTITY, clock.now(), reserve_mb=0)
        journal = Journal(store, clock, zone, lambda *_: None)
        rtc = RtcKeeper(self.folder, 100, self._read_rtc)
        self.running = Running(store, journal, clock, Timekeeper(clock, journal, rtc))
        self.running.keeper.begin(Start(software="test", after=store.last_run))

    def cut(self) -> None:
        """kioskd is gone from one moment to the next."""
        if self.running:
            self.running.store.close()
        self.running = None

    @property
    def core(self) -> Running:
        assert self.running
        return self.running

    def tap(self, *, seen: TimeBlock | None = None) -> int:
        """A punch; its seq. `seen` is when the finger was there, if that was before now."""
        at = seen or self.core.clock.now()
        (made,) = self.core.journal.write(Entry(punch(), at))
        self.truth.setdefault(made.seq, self.true_ms)
        return made.seq

    def recorded(self, seq: int) -> TimeBlock:
        """As it was written."""
        return self.record(seq).at

    def record(self, seq: int) -> Record:
        store = self.core.store
        return decode_body(store.records(store.head.ledger_id, seq - 1, 1, 1)[0].body)

    def known(self, seq: int) -> TimeBlock:
        """As it is known now."""
        return {past.seq: past.at for past in self.core.store.recent_punches("p1", 10_000)}[seq]

    def records(self, type_: str) -> list[Record]:
        store = self.core.store
        rows = store.records(store.head.ledger_id, 0, 1 << 30, 1 << 20)
        return [record for row in rows if (record := decode_body(row.body)).type == type_]

    def check(self) -> None:
        """The true time of every punch lies within its uncertainty, wherever one is stated."""
        for past in self.core.store.recent_punches("p1", 10_000):
            self.check_block(past.seq, past.at)

    def check_block(self, seq: int, at: TimeBlock) -> None:
        assert (at.source == "none") or at.uncertainty_ms is not None
        if at.uncertainty_ms is not None:
            off_ms = abs(at.wall_ms - self.truth[seq])
            assert off_ms <= at.uncertainty_ms + 1, (seq, at, off_ms)

    def _read_rtc(self) -> int | None:
        return None if self.rtc_ms is None else int(self.rtc_ms // 1000) * 1000 + 500

    def _kernel(self) -> KernelClock:
        return KernelClock(round(self.system_ms), round(self.boot_ms), self.ntp, self.ntp_error_ms)
