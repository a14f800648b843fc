"""The whole examination: every check in its order, none of which can spoil the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from kiosk.core.api import EXIT_DEVICE, EXIT_FAILED, EXIT_OK, EXIT_UNREACHABLE
from kiosk.ctl.doctor import (
    camera,
    clock,
    contents,
    devices,
    files,
    ledger,
    network,
    power,
    screen,
    storage,
    units,
)
from kiosk.ctl.doctor.finding import Finding, Level, unknown
from kiosk.ctl.doctor.seen import Seen

Check = Callable[[Seen], Iterator[Finding]]
PARTS: dict[str, tuple[Check, ...]] = {
    "power": (power.power, power.temperature),
    "disk": (storage.disk, storage.speed, storage.wear, storage.backup),
    "files": (files.config, files.policy, files.permissions, files.lock),
    "ledger": (ledger.ledger,),
    "kioskd": (units.kioskd, units.versions, units.units),
    "clock": (clock.clock, clock.rtc, clock.zone),
    "devices": (camera.models, devices.devices, contents.contents, devices.gps),
    "screen": (screen.display, screen.touch, screen.audio),
    "network": (network.network, network.backlog),
}
DEVICES = ("reader ", "terminal ", "camera ")


class Report(msgspec.Struct, frozen=True):
    """Everything found, in the order of the parts; `ran` are the commands that `--fix` gave."""

    config_file: str
    worst: Level
    findings: tuple[Finding, ...]
    ran: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 without faults, 3 when kioskd's silence is the only one, 4 when all are of devices, else 1."""
        parts = [finding.part for finding in self.findings if finding.level == "fault"]
        unasked = any(finding.part == "kioskd" and finding.level == "unknown" for finding in self.findings)
        if parts == ["kioskd"] or (not parts and unasked):
            return EXIT_UNREACHABLE
        if not parts:
            return EXIT_OK
        return EXIT_DEVICE if all(part.startswith(DEVICES) for part in parts) else EXIT_FAILED


def examine(seen: Seen, parts: Sequence[str] = ()) -> Report:
    """What is to be said about these parts of the kiosk in `seen`, or about all."""
    checks = [check for part in PARTS if not parts or part in parts for check in PARTS[part]]
    findings = tuple(finding for check in checks for finding in _guarded(check, seen))
    levels = {finding.level for finding in findings}
    worst: Level = "fault" if "fault" in levels else "warning" if "warning" in levels else "ok"
    return Report(str(seen.config_file), worst, findings)


def _guarded(check: Check, seen: Seen) -> list[Finding]:
    """What `check` finds; a check that fails says so in its own place, and the next one goes on."""
    found: list[Finding] = []
    try:
        found.extend(check(seen))
    except (OSError, ValueError, ArithmeticError, LookupError) as error:
        found.append(unknown(check.__name__, f"could not be examined: {type(error).__name__}: {error}"))
    return found
