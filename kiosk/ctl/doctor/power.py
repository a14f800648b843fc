"""Power and temperature, as a Pi's firmware and the kernel's sensors tell them."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

# get_throttled, raspberrypi.com/documentation/computers/os.html#get_throttled
UNDERVOLTAGE, CAPPED, THROTTLED, WAS_UNDERVOLTAGE = 1 << 0, 1 << 1, 1 << 2, 1 << 16
THROTTLED_FILE = "/sys/devices/platform/soc/soc:firmware/get_throttled"
HOT_C, WARM_C = 80, 70
SUPPLY = "use the Pi's own supply (5.1 V 3 A, Pi 5: 5 A) and a short cable, a hub for the rest"


def power(seen: Seen) -> Iterator[Finding]:
    """Whether the supply holds its voltage."""
    now = _undervoltage_now(seen)
    flags = seen.machine.number(THROTTLED_FILE, 16)
    if now or (flags is not None and flags & UNDERVOLTAGE):
        yield fault("power", "the supply gives less than 4.63 V: a power cut may come any moment", SUPPLY)
    elif flags is not None and flags & WAS_UNDERVOLTAGE:
        yield warning("power", "the supply was below 4.63 V since the last boot", SUPPLY)
    elif now is None and flags is None:
        yield unknown("power", "this machine does not measure its supply")
    else:
        yield ok("power", "the supply holds its voltage")


def temperature(seen: Seen) -> Iterator[Finding]:
    """How hot the processor is."""
    zones = [
        seen.machine.number(zone / "temp") for zone in seen.machine.glob("/sys/class/thermal/thermal_zone*")
    ]
    degrees = [milli / 1000 for milli in zones if milli is not None]
    if not degrees:
        yield unknown("temperature", "this machine has no thermometer")
        return
    hottest = max(degrees)
    words = f"{hottest:.0f} °C"
    air = "give the case air, or the processor a heat sink; keep it out of the sun"
    if hottest >= HOT_C:
        yield fault("temperature", f"{words}: the processor slows down", air)
    elif hottest >= WARM_C:
        yield warning("temperature", f"{words}: close to where the processor slows down", air)
    else:
        yield ok("temperature", words)


def _undervoltage_now(seen: Seen) -> bool | None:
    for sensor in seen.machine.glob("/sys/class/hwmon/hwmon*"):
        if seen.machine.read(sensor / "name") == "rpi_volt":
            return seen.machine.number(sensor / "in0_lcrit_alarm") == 1
    return None
