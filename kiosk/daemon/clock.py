"""The injected clock: what time it is, who says so and how far off it may be.

The kiosk's time runs on the boot clock from an anchor; the anchor moves only when a better source
speaks or the system clock is stepped, and each such change is handed to the engine for the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kiosk.core.payload import ClockChange, Correction
from kiosk.core.record import TimeBlock, TimeSource
from kiosk.daemon.kernel_clock import KernelClock, boot_id, read_kernel_clock

DRIFT_PPM = 100  # a Pi's crystal, warm and cold


@dataclass(frozen=True, slots=True)
class Anchor:
    """Wall time = `wall_minus_boot_ms` + boot time; known to `uncertainty_ms` at `boot_ms`."""

    source: TimeSource
    wall_minus_boot_ms: int
    uncertainty_ms: int | None
    boot_ms: int


class Clock:
    """The kiosk's clock. `now` may be called from any thread, `poll` and `learn` from the engine's only."""

    def __init__(
        self, *, floor: str, step_ms: int, kernel: Callable[[], KernelClock] = read_kernel_clock
    ) -> None:
        self._kernel = kernel
        self._boot_id = boot_id()
        self._step_ms = step_ms
        self._floor_ms = int(datetime.fromisoformat(floor).replace(tzinfo=UTC).timestamp() * 1000)
        reading = kernel()
        self._system_minus_boot = reading.wall_ms - reading.boot_ms
        self._anchor = self._from_kernel(reading)

    def now(self) -> TimeBlock:
        """This moment."""
        return self.at(self._kernel().boot_ms)

    def at(self, boot_ms: int) -> TimeBlock:
        """The moment `boot_ms` of this boot, as it is known now."""
        anchor = self._anchor
        uncertainty = anchor.uncertainty_ms
        if uncertainty is not None:
            uncertainty += abs(boot_ms - anchor.boot_ms) * DRIFT_PPM // 1_000_000
        return TimeBlock(
            wall_ms=anchor.wall_minus_boot_ms + boot_ms,
            source=anchor.source,
            uncertainty_ms=uncertainty,
            boot_id=self._boot_id,
            boot_ms=boot_ms,
        )

    @property
    def anchor(self) -> Anchor:
        """What the clock hangs on."""
        return self._anchor

    @property
    def offset_ms(self) -> int:
        """What to add to the system's clock to get the kiosk's."""
        reading = self._kernel()
        return self._anchor.wall_minus_boot_ms - (reading.wall_ms - reading.boot_ms)

    def poll(self) -> ClockChange | None:
        """Look at the kernel again; the change to record, if there was one."""
        reading = self._kernel()
        system_minus_boot = reading.wall_ms - reading.boot_ms
        stepped = abs(system_minus_boot - self._system_minus_boot) > self._step_ms
        self._system_minus_boot = system_minus_boot
        offered = self._from_kernel(reading)
        if offered.source == "ntp":
            moved = abs(offered.wall_minus_boot_ms - self._anchor.wall_minus_boot_ms) > self._step_ms
            if self._anchor.source == "ntp" and not moved:
                self._anchor = offered
                return None
            return self._move(offered, "synchronised" if not stepped else "stepped")
        if self._anchor.source == "ntp":
            # The kernel lost its servers: go on by the boot clock, the uncertainty grows with time.
            return None
        if stepped and self._anchor.source == "none":
            return self._move(offered, "stepped")
        return None

    def learn(
        self, source: TimeSource, wall_ms: int, boot_ms: int, uncertainty_ms: int
    ) -> ClockChange | None:
        """True time was `wall_ms` when the boot clock was at `boot_ms`; the change to record, if any.

        A source is believed when it is better than what is known: the kernel's NTP is kept, and
        so is an equal source that agrees within both uncertainties.
        """
        if wall_ms < self._floor_ms:
            return None
        heard = Anchor(source, wall_ms - boot_ms, uncertainty_ms, boot_ms)
        known = self.at(boot_ms)
        apart = abs(heard.wall_minus_boot_ms - self._anchor.wall_minus_boot_ms)
        if known.trusted and known.uncertainty_ms is not None:
            if self._anchor.source == "ntp":
                return None
            if apart <= known.uncertainty_ms + uncertainty_ms:
                if uncertainty_ms < known.uncertainty_ms:
                    self._anchor = replace(heard, source=self._anchor.source)
                return None
        return self._move(heard, f"learned from {source}")

    def _from_kernel(self, reading: KernelClock) -> Anchor:
        believed = reading.synchronised and reading.wall_ms >= self._floor_ms
        return Anchor(
            "ntp" if believed else "none",
            reading.wall_ms - reading.boot_ms,
            reading.error_ms if believed else None,
            reading.boot_ms,
        )

    def _move(self, to: Anchor, reason: str) -> ClockChange:
        boot_ms = self._kernel().boot_ms
        before, self._anchor = self._anchor, to
        return ClockChange(
            before_wall_ms=before.wall_minus_boot_ms + boot_ms,
            before_source=before.source,
            after_wall_ms=to.wall_minus_boot_ms + boot_ms,
            after_source=to.source,
            reason=reason,
        )


class Untrusted:
    """Which records of this boot await a correction: stretches written under one untrusted anchor."""

    def __init__(self, boot: str) -> None:
        self._boot_id = boot
        self._stretches: list[tuple[int, int, int]] = []  # from_seq, upto_seq, wall_minus_boot_ms

    def written(self, seq: int, at: TimeBlock) -> None:
        """A record was committed under `at`."""
        if at.trusted or at.boot_id != self._boot_id:
            return
        wall_minus_boot = at.wall_ms - at.boot_ms
        if self._stretches and self._stretches[-1][2] == wall_minus_boot:
            self._stretches[-1] = (self._stretches[-1][0], seq, wall_minus_boot)
        else:
            self._stretches.append((seq, seq, wall_minus_boot))

    def corrections(self, anchor: Anchor) -> list[Correction]:
        """One correction a stretch, now that `anchor` is trusted; none the second time."""
        if anchor.source == "none" or anchor.uncertainty_ms is None:
            return []
        stretches, self._stretches = self._stretches, []
        return [
            Correction(
                boot_id=self._boot_id,
                from_seq=first,
                upto_seq=last,
                offset_ms=anchor.wall_minus_boot_ms - wall_minus_boot,
                source=anchor.source,
                uncertainty_ms=anchor.uncertainty_ms,
            )
            for first, last, wall_minus_boot in stretches
        ]

    def forget(self) -> None:
        """A new ledger was opened: sequence numbers start again."""
        self._stretches = []
