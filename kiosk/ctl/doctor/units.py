"""kioskd itself, the units around it, and whether everything is of one version."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from kiosk.ctl import words
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen
from kiosk.ctl.errors import UnreachableError

UNITS = (
    "kioskd.service",
    "kiosk-ui.service",
    "kiosk-face.service",
    "kiosk-clock.socket",
    "hadir-backup.timer",
)
RESTLESS = 3
STALLED_S = 60.0
RESTART = "systemctl restart kioskd"


def kioskd(seen: Seen) -> Iterator[Finding]:
    """Whether the daemon runs, answers and takes punches."""
    status, health = seen.status, seen.health
    if isinstance(seen.silence and seen.silence.__cause__, PermissionError):
        yield unknown("kioskd", str(seen.silence), "put sudo before it")
    elif status is None or health is None:
        if "kioskd" in seen.explained or seen.config is None:
            why = "because of what is named above"
        elif isinstance(seen.silence, UnreachableError):
            why = _last_words(seen) or str(seen.silence)
        else:
            why = str(seen.silence)
        yield fault(
            "kioskd",
            f"does not answer: {why}",
            "mend the faults above first, then start it",
            RESTART,
            safe=True,
        )
    elif not status.ready or health.engine_age_s > STALLED_S:
        yield fault(
            "kioskd",
            f"takes no punches: its engine has not turned for {health.engine_age_s:.0f} s",
            "a dying card looks like this: `dmesg | tail`; start it anew",
            RESTART,
        )
    else:
        yield ok("kioskd", f"{status.software}, up {words.duration(status.uptime_s)}, Python {health.python}")


def versions(seen: Seen) -> Iterator[Finding]:
    """Whether kioskd is the version that is installed."""
    here = f"hadir {version('hadir')}"
    if seen.status is not None and seen.status.software != here:
        yield warning(
            "versions",
            f"kioskd runs {seen.status.software}, installed is {here}",
            "start the new one",
            RESTART,
        )
    else:
        yield ok("versions", here)


def units(seen: Seen) -> Iterator[Finding]:
    """What systemd says of our units."""
    if not seen.machine.has_systemd:
        yield unknown("units", "systemd does not run here")
        return
    found = [state for unit in UNITS if (state := _state(seen, unit)) is not None]
    failed = [state["Id"] for state in found if state["ActiveState"] == "failed"]
    restless = [s["Id"] for s in found if int(s.get("NRestarts") or 0) > RESTLESS]
    for unit in failed:
        advice = f"its last words: `journalctl -u {unit} -n 20`; start it anew"
        yield fault("units", f"{unit} has failed", advice, f"systemctl restart {unit}", safe=True)
    for unit in restless:
        yield warning(
            "units",
            f"{unit} has been restarted more than {RESTLESS} times",
            f"see why: `journalctl -u {unit} -p warning`",
        )
    if not failed and not restless:
        running = sum(state["ActiveState"] == "active" for state in found)
        yield ok("units", f"{running} of {words.many(len(found), 'unit')} active, none failed")


def _state(seen: Seen, unit: str) -> dict[str, str] | None:
    """A unit's properties; None when it is not installed."""
    shown = seen.machine.run("systemctl", "show", unit, "-p", "Id,LoadState,ActiveState,NRestarts")
    if shown is None:
        return None
    state = dict(line.split("=", 1) for line in shown.out.splitlines() if "=" in line)
    return state if state.get("LoadState") == "loaded" else None


def _last_words(seen: Seen) -> str:
    """The last line kioskd left in the log, where there is one."""
    if not seen.machine.has_systemd:
        return ""
    shown = seen.machine.run(
        "journalctl", "-u", "kioskd", "-n", "1", "-o", "cat", "--no-pager", "-p", "warning"
    )
    return shown.out.splitlines()[-1] if shown is not None and shown.code == 0 and shown.out else ""
