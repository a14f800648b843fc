"""What is told of one terminal: its state, its line on the screen, its log filling up."""

from __future__ import annotations

import logging

import msgspec

from drivers.base.terminal import TerminalInfo
from kiosk.core.config import Terminal as TerminalConfig
from kiosk.core.terminals import Synced, TerminalOut
from kiosk.core.view import DeviceStatus, DeviceView
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.terminal_rows import Reconciled

log = logging.getLogger(__name__)
WARN_PERCENT = 80
CLEAR_PERCENT = 95


class TerminalReport:
    """Written on the terminal's thread, read from any."""

    def __init__(self, config: TerminalConfig, board: DeviceBoard, zone: ZoneName) -> None:
        self._config, self._board, self._zone = config, board, zone
        self._warned = False
        self.out = TerminalOut(name=config.name, status="starting", simulated=config.simulated)

    def problem(self) -> str:
        """What a technician should do about it before it becomes a fault; empty when nothing."""
        out = self.out
        if not self._is_full(WARN_PERCENT):
            return ""
        percent = 100 * out.records // out.record_capacity
        advice = (
            "it is emptied at 95 %" if self._config.clear_log else "then it overwrites its oldest records"
        )
        return (
            f"its log is {percent} % full ({out.records} of {out.record_capacity}), {advice}; "
            "everything read is in the ledger: clear it on the terminal, or set clear_log"
        )

    @property
    def is_nearly_full(self) -> bool:
        """Whether its log is to be emptied, where that is configured."""
        return self._is_full(CLEAR_PERCENT)

    def note(self, info: TerminalInfo, clock_offset_ms: int | None) -> None:
        """What the terminal said of itself."""
        self.out = msgspec.structs.replace(
            self.out, serial=info.serial, model=info.model, address=info.address, users=info.users,
            records=info.records, record_capacity=info.record_capacity, clock_offset_ms=clock_offset_ms,
        )  # fmt: skip
        full = self._is_full(WARN_PERCENT)
        if full and not self._warned:
            log.warning("terminal %s: %s", self._config.name, self.problem())
        self._warned = full

    def read(self, done: Reconciled) -> None:
        """What became of the rows of one reading."""
        now = local(self._board.now().wall_ms, self._zone)
        self.out = msgspec.structs.replace(
            self.out, synced=_sum(self.out.synced, done), synced_local=f"{now:%Y-%m-%d %H:%M:%S}"
        )

    def status(self, status: DeviceStatus, *, cause: str = "", info: str = "") -> None:
        """Its state on the screen from now on; `info` empty for its model and how full it is."""
        out = self.out
        told = info or (
            f"{out.model} {out.serial}, {out.records} of {out.record_capacity} records" if out.serial else ""
        )
        self.out = msgspec.structs.replace(out, status=status, info=told)
        view = DeviceView(self._config.name, "terminal", status, self._config.simulated, cause)
        self._board.report(view, told)

    def _is_full(self, percent: int) -> bool:
        return self.out.record_capacity > 0 and 100 * self.out.records >= percent * self.out.record_capacity


def _sum(before: Synced, done: Reconciled) -> Synced:
    return Synced(
        known=done.known,
        punches=before.punches + done.punches,
        kept=before.kept + done.kept,
        waiting=before.waiting + done.waiting,
        bad=before.bad + done.bad,
    )
