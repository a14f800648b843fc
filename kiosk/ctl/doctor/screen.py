"""What people see and hear: the screen's program, its display, touch and sound."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

SETTLED_S = 10
DIRECT = 1 << 1  # INPUT_PROP_DIRECT of linux/input-event-codes.h: a touch screen


def display(seen: Seen) -> Iterator[Finding]:
    """Whether a display is connected, and something draws on it."""
    if not _wanted(seen):
        yield ok("display", "none wanted: this kiosk has no screen")
        return
    connectors = {
        path.parent.name: seen.machine.read(path)
        for path in seen.machine.glob("/sys/class/drm/card*-*/status")
    }
    if connectors and "connected" not in connectors.values():
        names = ", ".join(name.partition("-")[2] for name in connectors)
        advice = "plug the display in, switch it on, start the screen anew (some Pis see it at boot only)"
        yield fault("display", f"no display is connected ({names})", advice, "systemctl restart kiosk-ui")
    elif seen.status is not None and not _screens(seen) and seen.status.uptime_s < SETTLED_S:
        yield warning("display", "the screen has not found kioskd yet", "ask again in a moment")
    elif seen.health is not None and not seen.health.screens:
        advice = "its last words: `journalctl -u kiosk-ui -n 20`; start it anew"
        yield fault(
            "display",
            "the screen's program does not run: people see nothing",
            advice,
            "systemctl restart kiosk-ui",
            safe=True,
        )
    elif seen.health is None:
        yield unknown("display", "connected; kioskd does not say whether it is drawn on")
    else:
        lit = [name.partition("-")[2] for name, state in connectors.items() if state == "connected"]
        yield ok("display", f"drawn on{f' ({lit[0]})' if lit else ''}")


def touch(seen: Seen) -> Iterator[Finding]:
    """Whether the system knows a touch screen."""
    if not _wanted(seen):
        return
    devices = seen.machine.read("/proc/bus/input/devices")
    if devices is None:
        yield unknown("touch", "the system lists no input devices")
        return
    for block in devices.split("\n\n"):
        props = re.search(r"^B: PROP=([0-9a-f ]+)$", block, re.MULTILINE)
        name = re.search(r'^N: Name="(.*)"$', block, re.MULTILINE)
        if props and int(props[1].split()[-1], 16) & DIRECT:
            yield ok("touch", name[1] if name else "there")
            return
    yield warning(
        "touch",
        "no touch screen is connected",
        "check its USB or ribbon cable; fingers and faces work without",
    )


def audio(seen: Seen) -> Iterator[Finding]:
    """Whether there is a sound card."""
    if not _wanted(seen):
        return
    cards = seen.machine.read("/proc/asound/cards")
    if cards is None or "no soundcards" in cards:
        advice = "plug a loudspeaker in, or set dtparam=audio=on in config.txt; all is shown as well"
        yield warning("audio", "no sound card", advice)
    else:
        yield ok("audio", cards.splitlines()[0].strip())


def _screens(seen: Seen) -> int:
    return seen.health.screens if seen.health is not None else 0


def _wanted(seen: Seen) -> bool:
    if _screens(seen):
        return True
    enabled = seen.machine.run("systemctl", "is-enabled", "kiosk-ui")
    return enabled is not None and enabled.out == "enabled"
