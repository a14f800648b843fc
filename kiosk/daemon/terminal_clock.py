"""Watching a terminal's clock: how far it is from ours, since when that holds, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from kiosk.core.payload import TerminalClock
from kiosk.core.record import TimeBlock
from kiosk.daemon.terminal_time import ClockWatch
from kiosk.daemon.terminal_word import Heard

JUMP_MS = 5_000
FAR_MS = 60_000


class ClockWatcher:
    """Belongs to one terminal's thread; `record` is told of each jump, `heard` of each reading."""

    def __init__(
        self, device: str, now: Callable[[], TimeBlock], record: Callable[[TerminalClock], None], heard: Heard
    ) -> None:
        self._device, self._now, self._record, self._heard = device, now, record, heard
        self.serial = ""
        self._offset_ms: int | None = None
        self._ahead_of_boot_ms: int | None = None
        self._since_boot_ms = 0
        self._changes = 0

    def connected(self, serial: str, offset_ms: int | None) -> None:
        """A connection begins: what happened to the clock meanwhile nobody saw."""
        first, self.serial = serial != self.serial, serial
        if first:
            self._offset_ms = self._ahead_of_boot_ms = None
        self._since_boot_ms = self._now().boot_ms
        self.seen(offset_ms, first=first)

    def seen(self, offset_ms: int | None, *, first: bool = False) -> None:
        """The clock was read: `offset_ms` is it minus ours, None for an impossible date."""
        at = self._now()
        # Against the boot clock: a step of our own wall clock is no jump of theirs.
        ahead_ms = None if offset_ms is None else offset_ms + at.wall_ms - at.boot_ms
        before_ms, self._offset_ms = self._offset_ms, offset_ms
        was_ms, self._ahead_of_boot_ms = self._ahead_of_boot_ms, ahead_ms
        if ahead_ms is not None:
            self._heard(self.serial, ahead_ms, at.boot_ms)
        if ahead_ms is None:
            if was_ms is not None or first:
                self._tell("impossible", before_ms, None)
                self._changes += 1
            self._since_boot_ms = at.boot_ms
        elif was_ms is not None and abs(ahead_ms - was_ms) > JUMP_MS:
            self._tell("jump", before_ms, offset_ms)
            self._changes += 1
            self._since_boot_ms = at.boot_ms
        elif was_ms is None and at.trusted and offset_ms is not None and abs(offset_ms) > FAR_MS:
            self._tell("jump", before_ms, offset_ms)

    def was_set(self, offset_ms: int | None) -> None:
        """We set the clock; it now is `offset_ms` ahead of ours."""
        at = self._now()
        self._tell("set", self._offset_ms, offset_ms)
        self._changes += 1
        self._offset_ms, self._since_boot_ms = offset_ms, at.boot_ms
        self._ahead_of_boot_ms = None if offset_ms is None else offset_ms + at.wall_ms - at.boot_ms

    @property
    def offset_ms(self) -> int | None:
        """It minus ours; None when either is not to be believed."""
        return self._offset_ms if self._now().trusted else None

    def watch(self) -> ClockWatch:
        """What rows can be timed with now."""
        at = self._now()
        since_ms = at.wall_ms - (at.boot_ms - self._since_boot_ms)
        return ClockWatch(self.offset_ms, since_ms, self._offset_ms, self._changes)

    def _tell(
        self, what: Literal["jump", "set", "impossible"], before_ms: int | None, after_ms: int | None
    ) -> None:
        self._record(
            TerminalClock(
                device=self._device, serial=self.serial, what=what, before_ms=before_ms, after_ms=after_ms
            )
        )
