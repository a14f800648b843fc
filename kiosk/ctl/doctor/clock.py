"""The clock and who says so, the RTC, and the zone the kiosk believes it stands in."""

from __future__ import annotations

import time
from collections.abc import Iterator

from kiosk.core.zone import zones_at
from kiosk.ctl import words
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

APART_MS = 2_000
RTC_APART_S = 60
ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
SYNCHRONISED = "/run/systemd/timesync/synchronized"


def clock(seen: Seen) -> Iterator[Finding]:
    """Whether the kiosk's time can be trusted."""
    if seen.status is None:
        yield _offline_clock(seen)
        return
    source, offset_ms = seen.status.clock.source, seen.status.clock.offset_ms
    said = f"{seen.status.local_time}, {words.CLOCKS.get(source, source)}"
    if source == "none":
        yield fault("clock", f"{said}: punches get no lateness", *_get_time(seen))
    elif abs(offset_ms) > APART_MS:
        advice = "the kiosk corrects for it; let the system's clock follow too"
        yield warning(
            "clock",
            f"{said}; the system's clock is {offset_ms / -1000:+.1f} s off",
            advice,
            "timedatectl set-ntp true",
        )
    else:
        yield ok("clock", said)


def rtc(seen: Seen) -> Iterator[Finding]:
    """Whether a battery keeps the time through a power cut."""
    text = seen.machine.read("/sys/class/rtc/rtc0/since_epoch")
    if text is None:
        if seen.config is None:
            yield unknown("rtc", "none; whether there is a network instead, the configuration would say")
        elif seen.config.sync.host:
            yield ok("rtc", "none; the time comes from the network or the centre after a power cut")
        else:
            advice = "fit a DS3231, or a battery on a Pi 5: docs/time.md"
            yield warning("rtc", "none, and no network: after a power cut the time is unknown", advice)
        return
    apart_s = abs(int(text) - time.time()) if text.isdigit() else RTC_APART_S + 1
    if apart_s <= RTC_APART_S:
        yield ok("rtc", "keeps the time")
    elif int(text or 0) < 1_000_000_000:
        yield warning(
            "rtc",
            "the battery is empty: it begins at its first day again",
            "put a new battery in (CR2032), then set it",
            "hwclock --systohc",
        )
    else:
        yield warning(
            "rtc",
            f"{apart_s:,.0f} s away from the system's clock",
            "when the system's clock is right, set it",
            "hwclock --systohc",
        )


def zone(seen: Seen) -> Iterator[Finding]:
    """Whether the zone fits the place, and the system's zone the kiosk's."""
    if seen.config is None:
        yield unknown("zone", "the configuration cannot be read")
        return
    site = seen.config.site
    if site.longitude is not None and site.zone not in (fitting := zones_at(site.longitude)):
        meant = fitting[0]
        said = f"{site.zone}, but at longitude {site.longitude:.1f} it is {' or '.join(fitting)}"
        yield fault(
            "zone",
            f"{said}: everybody is late or early by an hour",
            "set the zone of the place",
            seen.set_command("site.zone", meant),
        )
        return
    system = _system_zone(seen)
    if system and system != ZONES[site.zone] and seen.machine.has_systemd:
        yield warning(
            "zone",
            f"{site.zone}; the system's own is {system}: its log has other times",
            "make them the same",
            f"timedatectl set-timezone {ZONES[site.zone]}",
            safe=True,
        )
    else:
        yield ok("zone", site.zone)


def _offline_clock(seen: Seen) -> Finding:
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    if seen.config is not None and now < seen.config.clock.floor:
        return fault(
            "clock", f"the system says {now} UTC: that is before {seen.config.clock.floor}", *_get_time(seen)
        )
    if seen.machine.path(SYNCHRONISED).exists():
        return ok("clock", f"{now} UTC, set by NTP since the start")
    return warning(
        "clock", f"{now} UTC by the system; no NTP server has confirmed it since the start", *_get_time(seen)
    )


def _get_time(seen: Seen) -> tuple[str, str]:
    """What would bring true time, and the command that asks for it."""
    shown = seen.machine.run("timedatectl", "show", "-p", "NTP", "--value")
    if shown is not None and shown.code == 0 and shown.out == "no":
        return "nobody asks an NTP server: turn that on", "timedatectl set-ntp true"
    if seen.config is not None and seen.config.sync.host:
        return (
            "the centre gives the time when delivery works: mend that; else an NTP server (UDP 123)",
            "",
        )
    return (
        "connect a network with NTP, or set the system's clock by hand",
        "timedatectl set-time 'YYYY-MM-DD HH:MM:SS'",
    )


def _system_zone(seen: Seen) -> str:
    target = seen.machine.path("/etc/localtime")
    if target.is_symlink():
        return str(target.readlink()).partition("zoneinfo/")[2]
    return ""
