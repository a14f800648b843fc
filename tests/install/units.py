"""The unit files as systemd reads them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.house.tracked import ROOT

SYSTEMD = ROOT / "systemd"
STICK = SYSTEMD / "hadir-stick@.service"
"""The one that must be root and have no mount namespace of its own."""
SERVICES = sorted({*SYSTEMD.glob("*.service")} - {STICK})
UNITS = sorted([*SERVICES, STICK, *SYSTEMD.glob("*.socket"), *SYSTEMD.glob("*.timer")])
OPT = "/opt/hadir/current"


def settings(unit: Path) -> dict[str, list[str]]:
    """Every value of each key, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    text = unit.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        key, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            found[key].append(value.strip())
    return found


def service(name: str) -> dict[str, list[str]]:
    """The settings of `systemd/NAME.service`."""
    return settings(SYSTEMD / f"{name}.service")


def seconds(value: str) -> float:
    """A time as systemd writes it: 90, 90s, 5min."""
    if value.endswith("min"):
        return 60 * float(value.removesuffix("min"))
    return float(value.removesuffix("s"))
