"""A GPS that proves where the kiosk is: beside the site punches go in, outside only special ones."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

from kiosk.core import desk
from tests.e2e.rig import PEOPLE, Rig, until
from tests.e2e.test_desk import flow, in_thread

SITE = (-8.1724, 113.7005)


def test_outside_the_radius_only_special_punches_are_taken(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig()
    position = kiosk.root / "position"
    position.write_text(f"{SITE[0]} {SITE[1]}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kiosk.spawn(
        "gpsd", sys.executable, "-m", "drivers.emulated.gpsd", "--port", str(port),
        "--position", str(position), "--every", "0.1",
    )  # fmt: skip
    with kiosk.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[gps]\nhost = "127.0.0.1"\nport = {port}\n')
    policy = kiosk.root / "policy.toml"
    policy.write_text("radius_m = 100\n" + policy.read_text(encoding="utf-8"), encoding="utf-8")
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    until(lambda: kiosk.view_part("place", "status") == "ok")
    number, name = PEOPLE[0]
    kiosk.enrol(number, name)
    assert kiosk.tap(number)["kind"] == "taken"
    punch = kiosk.records("punch")[0]["data"]
    assert (punch["place"]["fix"], punch["place"]["distance_m"]) == ("ok", 0)

    position.write_text(f"{SITE[0] + 0.0018} {SITE[1]}\n")  # 200 m north
    until(lambda: kiosk.view_part("place", "status") in ("outside", "doubtful"))
    until(lambda: kiosk.view_part("place", "status") == "outside")
    assert (card := kiosk.tap(number))["code"] == "outside_site", card
    done = in_thread(lambda: kiosk.ask(desk.PunchSpecial(category="other", note="Upacara di lapangan")))
    until(lambda: flow(kiosk) == "finger")
    kiosk.touch(number)
    assert done()["queued"]
    special = kiosk.records("punch")[-1]["data"]
    assert special["place"]["fix"] == "outside"
    assert 190 <= special["place"]["distance_m"] <= 210
