"""The injected clock: what time it is, who says so and how far off it may be.

The kiosk's time runs on the boot clock from an anchor; the anchor moves only when a better source
speaks or the system clock is stepped, and each such change is handed to the engine for the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kiosk.core.payload import ClockChange
from kiosk.core.record import TimeBlock, TimeSource
from kiosk.core.timeline import RANK, Known, drift_ms, leap_ms, strong
from kiosk.daemon.kernel_clock import KernelClock, boot_id, read_kernel_clock

CONFIRM_MS = 600_000
"""A good source that leaps is followed once it has said the same for this long."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Wall time = `wall_minus_boot_ms` + boot time; known to `uncertainty_ms` at `boot_ms`."""

    source: TimeSource
    wall_minus_boot_ms: int
    uncertainty_ms: int | None
    boot_ms: int

    def bound_ms(self, boot_ms: int) -> int | None:
        """The uncertainty at `boot_ms`, which grows with the boot clock's drift."""
        if self.uncertainty_ms is None:
            return None
        there, here = self.wall_minus_boot_ms + self.boot_ms, self.wall_minus_boot_ms + boot_ms
        return self.uncertainty_ms + drift_ms(boot_ms - self.boot_ms) + leap_ms(there, here)


class Clock:
    """The kiosk's clock. `now` may be called from any thread, what changes it from the engine's only."""

    def __init__(
        self, *, floor: str, step_ms: int, kernel: Callable[[], KernelClock] = read_kernel_clock,
        boot: Callable[[], str] = boot_id,
    ) -> None:  # fmt: skip
        self._kernel = kernel
        self._boot_id = boot()
        self._step_ms = step_ms
        self.floor_ms = int(datetime.fromisoformat(floor).replace(tzinfo=UTC).timestamp() * 1000)
        self._seen_ms = self.floor_ms
        reading = kernel()
        self._system_minus_boot = reading.wall_ms - reading.boot_ms
        self._anchor = self._from_kernel(reading)
        self._kernel_keeps = self._anchor.source == "ntp"
        self._leapt: Anchor | None = None
        self._leap_told_ms = -CONFIRM_MS

    def now(self) -> TimeBlock:
        """This moment."""
        return self.at(self._kernel().boot_ms)

    def at(self, boot_ms: int) -> TimeBlock:
        """The moment `boot_ms` of this boot, as it is known now."""
        anchor = self._anchor
        return TimeBlock(
            wall_ms=anchor.wall_minus_boot_ms + boot_ms,
            source=anchor.source,
            uncertainty_ms=anchor.bound_ms(boot_ms),
            boot_id=self._boot_id,
            boot_ms=boot_ms,
        )

    @property
    def anchor(self) -> Anchor:
        """What the clock hangs on."""
        return self._anchor

    @property
    def known(self) -> Known | None:
        """The anchor, when it is trusted."""
        anchor = self._anchor
        if anchor.source == "none" or anchor.uncertainty_ms is None:
            return None
        return Known(anchor.source, anchor.wall_minus_boot_ms, anchor.uncertainty_ms, anchor.boot_ms)

    @property
    def offset_ms(self) -> int:
        """What to add to the system's clock to get the kiosk's."""
        reading = self._kernel()
        return self._anchor.wall_minus_boot_ms - (reading.wall_ms - reading.boot_ms)

    def seen(self, wall_ms: int) -> None:
        """This time has surely passed: a source that only kept the time is disbelieved below it."""
        self._seen_ms = max(self._seen_ms, wall_ms)

    def resume(self, known: Known) -> None:
        """Go on with what an earlier run knew of this boot's time, unless the kernel knows it."""
        if self._anchor.source == "none":
            self._anchor = Anchor(known.source, known.wall_minus_boot_ms, known.uncertainty_ms, known.boot_ms)

    def poll(self) -> ClockChange | None:
        """Look at the kernel again; the change to record, if there was one."""
        reading = self._kernel()
        system_minus_boot = reading.wall_ms - reading.boot_ms
        was = self._system_minus_boot
        stepped = abs(system_minus_boot - was) > self._step_ms
        self._system_minus_boot = system_minus_boot
        offered = self._from_kernel(reading)
        self._kernel_keeps = offered.source == "ntp"
        if self._kernel_keeps:
            moved = abs(offered.wall_minus_boot_ms - self._anchor.wall_minus_boot_ms) > self._step_ms
            if self._anchor.source == "ntp" and not moved:
                self._anchor = offered
                return None
            return self._move(offered, "synchronised" if not stepped else "stepped")
        # Without its servers the kernel's clock may be set by anybody: the boot clock goes on, less surely.
        if not stepped:
            return None
        if self._anchor.source == "none":
            return self._move(offered, "stepped")
        return ClockChange(
            before_wall_ms=was + reading.boot_ms, before_source="none", after_wall_ms=reading.wall_ms,
            after_source="none", reason="the system's clock was stepped; not followed",
        )  # fmt: skip

    def learn(
        self, source: TimeSource, wall_ms: int, boot_ms: int, uncertainty_ms: int
    ) -> ClockChange | None:
        """True time was `wall_ms` when the boot clock was at `boot_ms`; the change to record, if any.

        The kernel's NTP is kept while it runs. Two that agree: the more exact is taken. Two that cannot both
        be true: the better source (`timeline.RANK`) is believed, of one source what it said last; where it is
        a good one, only when it goes on saying so.
        """
        if wall_ms < (self.floor_ms if strong(source) else self._seen_ms) or self._kernel_keeps:
            return None
        heard = Anchor(source, wall_ms - boot_ms, uncertainty_ms, boot_ms)
        have = self._anchor.bound_ms(boot_ms)
        if self._anchor.source == "none" or have is None:
            return self._move(heard, f"learned from {source}")
        apart = abs(heard.wall_minus_boot_ms - self._anchor.wall_minus_boot_ms)
        if apart > have + uncertainty_ms:
            if source == self._anchor.source and strong(source):
                return self._leap(heard)
            worse = RANK[source] < RANK[self._anchor.source]
            return None if worse else self._move(heard, f"{source} disagrees")
        self._leapt = None
        if uncertainty_ms >= have:
            return None
        if source == self._anchor.source:
            self._anchor = heard
            return None
        # Half as uncertain at least, or two good sources would take turns on record.
        if RANK[source] > RANK[self._anchor.source] or uncertainty_ms * 2 < have:
            return self._move(heard, f"{source} knows better")
        return None

    def _leap(self, heard: Anchor) -> ClockChange | None:
        """Time since boot went on and a source's did not: its clock was set, for good or by mistake."""
        was = self._leapt
        apart = abs(heard.wall_minus_boot_ms - was.wall_minus_boot_ms) if was else 0
        if was is not None and apart <= (was.bound_ms(heard.boot_ms) or 0) + (heard.uncertainty_ms or 0):
            sure = heard.boot_ms - was.boot_ms >= CONFIRM_MS
            return self._move(heard, f"{heard.source} disagrees") if sure else None
        self._leapt = heard
        if heard.boot_ms - self._leap_told_ms < CONFIRM_MS:  # each record brings another acknowledgement
            return None
        self._leap_told_ms = heard.boot_ms
        return ClockChange(
            before_wall_ms=self._anchor.wall_minus_boot_ms + heard.boot_ms, before_source=heard.source,
            after_wall_ms=heard.wall_minus_boot_ms + heard.boot_ms, after_source="none",
            reason=f"{heard.source} leapt; not followed until it goes on saying so",
        )  # fmt: skip

    def _from_kernel(self, reading: KernelClock) -> Anchor:
        believed = reading.synchronised and reading.wall_ms >= self.floor_ms
        return Anchor(
            "ntp" if believed else "none",
            reading.wall_ms - reading.boot_ms,
            reading.error_ms if believed else None,
            reading.boot_ms,
        )

    def _move(self, to: Anchor, reason: str) -> ClockChange:
        boot_ms = self._kernel().boot_ms
        before, self._anchor, self._leapt = self._anchor, to, None
        return ClockChange(
            before_wall_ms=before.wall_minus_boot_ms + boot_ms,
            before_source=before.source,
            after_wall_ms=to.wall_minus_boot_ms + boot_ms,
            after_source=to.source,
            reason=reason,
        )
