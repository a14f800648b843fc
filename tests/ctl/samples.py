"""Answers as kioskd gives them."""

from kiosk.core import api
from kiosk.core.payload import Shown
from kiosk.core.record import TimeBlock
from kiosk.core.view import Card, ClockView, DeviceView, LinkView

NIP = "198501012010011001"
NOW = TimeBlock(1_772_409_600_000, "ntp", 20, "boot", 1_000)

STATUS = api.Status(
    software="hadir 0.1.0",
    device_id="kiosk-1",
    tenant="kab-jember",
    site="SMPN 1 Jember",
    state_dir="/var/lib/hadir",
    local_time="2026-03-02 07:05:12 WIB",
    centre_key="c" * 64,
    uptime_s=11_520,
    ready=True,
    simulated=("finger",),
    ledger=api.LedgerStatus("a" * 32, 1_204, "b" * 64, 1_200),
    link=LinkView("online", 4),
    clock=ClockView("ntp", 0),
    devices=(
        DeviceView("finger", "reader", "ready", simulated=True),
        DeviceView("lobby", "terminal", "fault", simulated=False, cause="timeout"),
    ),
    people=12,
    fingers=1,
    punches_today=5,
    policy="office-1",
    refused={"bad_request": 3},
    problems=("lobby: silent; check its power, then its cable",),
)


def punch(
    seq: int, late_s: int = 0, *, name: str = "Budi Santoso", delivery: str = "accepted"
) -> api.PunchRow:
    return api.PunchRow(
        ledger_id="a" * 32,
        seq=seq,
        person_id="p1",
        number=NIP,
        name=name,
        local=f"2026-03-02 07:{seq % 60:02}:12",
        at=NOW,
        method="finger",
        device="finger",
        shown=Shown("late" if late_s else "on_time", "in", "morning", late_s=late_s),
        delivery=delivery,  # type: ignore[arg-type]
        simulated=True,
    )


def person(number: str = NIP, name: str = "Budi Santoso", *, active: bool = True) -> api.PersonOut:
    return api.PersonOut(
        person_id="p1",
        number=number,
        kind="nip",
        name=name,
        category="PNS",
        unit="SMPN 1",
        active=active,
        fingers=("right-index",),
    )


CARD = Card(
    number=1,
    kind="taken",
    code="late",
    show_ms=3_000,
    name="Budi Santoso",
    direction="in",
    late_s=720,
    seq=88,
)
