"""A reader with a light shows what became of a finger, and is ready again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from drivers.base.reader import Led
from drivers.r307 import R307Reader
from drivers.r307.reader import RING
from kiosk.core.view import Card, CardKind, ClockView, LinkView, SiteView, View
from kiosk.daemon.reader_light import Light, Lights
from tests.drivers.r307.emulated import EmulatedR307, until


@pytest.fixture(params=["R503", "R307"])
def sensor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedR307]:
    device = EmulatedR307(tmp_path, "--model", request.param)
    yield device
    device.stop()


def ring(device: EmulatedR307) -> str:
    return str(device.do("status")["ring"])


def rings(state: Led) -> str:
    return bytes(RING[state]).hex()


def view(number: int, kind: CardKind, device: str = "reader") -> View:
    return View(
        revision=number, language="id", site=SiteView("x", "WIB"), clock=ClockView("none", 0),
        link=LinkView("off", 0), devices=(),
        card=Card(number=number, kind=kind, code="", show_ms=1000, device=device),
    )  # fmt: skip


def test_the_light_follows_the_cards_and_goes_back_to_ready(
    sensor: EmulatedR307, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.daemon.reader_light.RESULT_S", 0.05)
    reader = R307Reader("reader", sensor.port, simulated=True)
    has_light, light = reader.open().has_led, Light(reader)
    lights = Lights({"reader": SimpleNamespace(light=light)})
    light.connected()
    light.tend()
    assert ring(sensor) == (rings(Led.READY) if has_light else "")
    for number, (kind, state) in enumerate([("taken", Led.ACCEPTED), ("unknown", Led.REFUSED)], 1):
        lights.see(view(number, kind))  # type: ignore[arg-type]
        light.tend()
        assert ring(sensor) == (rings(state) if has_light else "")
    light.busy()
    assert ring(sensor) == (rings(Led.BUSY) if has_light else "")

    def ready() -> bool:
        light.tend()
        return ring(sensor) == (rings(Led.READY) if has_light else "")

    until(ready)
    lights.see(view(9, "taken", device="another"))
    lights.see(view(9, "refill"))
    light.tend()
    assert ring(sensor) == (rings(Led.READY) if has_light else "")
    reader.close()
