"""Made-up states of the screen, one for each thing it can show: for screenshots, tests and the eye."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from kiosk.core.view import (
    Card,
    ClockView,
    DeviceView,
    FaceEnrolView,
    FaceView,
    FlowView,
    GuideView,
    LinkView,
    MessageView,
    PresenceView,
    SiteView,
    StickView,
    View,
)
from kiosk.core.zone import ZONES, wall_ms
from ui.sample_panes import NAME, PANES

MORNING = wall_ms(datetime(2026, 11, 23, 6, 52, 14, tzinfo=ZONES["WIB"]))
READER = DeviceView("reader", "reader", "ready", simulated=False)
TERMINAL = DeviceView("gerbang", "terminal", "ready", simulated=False)
LONG_MESSAGE = "Pembaruan perangkat lunak kiosk dilakukan malam ini; " * 2 + "terima kasih"
VIEW = View(
    revision=1,
    language="id",
    site=SiteView("SMP Negeri 3 Sungai Pagu", "WIB"),
    clock=ClockView("ntp", 0),
    link=LinkView("online", 0),
    devices=(READER,),
    today=27,
)


def _card(kind: str, code: str, **more: Any) -> Card:
    values = {"number": 1, "kind": kind, "code": code, "show_ms": 3000, "at_ms": MORNING, "device": "reader"}
    return msgspec.convert(values | more, Card)


def _with(card: Card | None = None, **more: Any) -> View:
    return msgspec.structs.replace(VIEW, card=card, **more)


def _taken(code: str, direction: str, session: str = "", **more: Any) -> View:
    return _with(_card("taken", code, name=NAME, direction=direction, session=session, seq=1284, **more))


def _broken(cause: str, *others: DeviceView) -> View:
    reader = msgspec.structs.replace(READER, status="fault", cause=cause)
    return _with(devices=(reader, *others))


def _enrol(code: str, step: int) -> View:
    return _with(_card("enrol", code, name=NAME, at_ms=0, step=step, steps=2))


def _flow(name: str, step: str, person: str = "") -> View:
    until_ms = MORNING + 18_000
    return _with(flow=msgspec.convert(
        {"name": name, "step": step, "person": person, "until_ms": until_ms}, FlowView
    ))  # fmt: skip


def _stick(**fields: Any) -> View:
    return _with(link=LinkView("off", 412), stick=StickView(**fields))


def _faces(*guides: GuideView, enrol: FaceEnrolView | None = None) -> View:
    camera = DeviceView("kamera", "camera", "ready", simulated=False)
    return _with(devices=(READER, camera), face=FaceView(1, guides, enrol))


def _face_enrol(pose: str, done: int, advice: str = "") -> View:
    return _faces(enrol=FaceEnrolView(name=NAME, pose=pose, done=done, of=5, advice=advice))


SAMPLES: dict[str, View | None] = {
    "idle": VIEW,
    "idle_message": _with(
        message=MessageView("Rapat guru hari ini pukul 10.00 di aula.", "Staff meeting at 10.00 today.", 0)
    ),
    "idle_message_long": _with(message=MessageView(LONG_MESSAGE, "", 0)),
    "idle_offline": _with(link=LinkView("offline", 412), today=128),
    "idle_unsure": _with(clock=ClockView("none", 0), link=LinkView("off", 12)),
    "idle_first_run": _with(first_run=True, today=0),
    "idle_simulated": _with(devices=(msgspec.structs.replace(READER, simulated=True),)),
    "idle_reader_fault": _broken("unavailable"),
    "idle_reader_fault_other_way": _broken("timeout", TERMINAL),
    "on_time": _taken("on_time", "in", "morning"),
    "late": _taken("late", "in", "morning", late_s=437),
    "very_late": _taken("late", "in", "morning", late_s=4375),
    "out": _taken("out", "out", "afternoon", at_ms=MORNING + 31_000_000),
    "early_leave": _taken("early_leave", "out", "afternoon", early_s=1260, at_ms=MORNING + 28_000_000),
    "outside": _taken("outside", "none"),
    "time_unknown": _taken("time_unknown", "none", trusted=False),
    "repeat": _with(_card("repeat", "duplicate", name=NAME, direction="in", seq=1284)),
    "unknown": _with(_card("unknown", "unknown_finger")),
    "too_dry": _with(_card("poor_image", "too_dry")),
    "too_wet": _with(_card("poor_image", "too_wet")),
    "messy": _with(_card("poor_image", "messy")),
    "too_few_features": _with(_card("poor_image", "too_few_features")),
    "image_failed": _with(_card("poor_image", "image_failed")),
    "inactive": _with(_card("refused", "inactive", name=NAME)),
    "closed": _with(_card("refused", "closed", name=NAME)),
    "unknown_user": _with(_card("refused", "unknown_user", device="gerbang")),
    "not_stored": _with(_card("not_stored", "OperationalError")),
    "enrol_place": _enrol("place", 1),
    "enrol_lift": _enrol("lift", 1),
    "enrol_again": _enrol("again", 2),
    "enrol_poor": _enrol("too_dry", 2),
    "enrol_saved": _enrol("saved", 2),
    "enrol_failed": _enrol("failed", 0),
    "refill": _with(_card("refill", "filling", at_ms=0, step=38, steps=120)),
    "refill_checking": _with(_card("refill", "checking", at_ms=0, step=9, steps=120)),
    "fault_storage": _with(fault="storage"),
    "fault_revoked": _with(fault="revoked"),
    "fault_silent": _with(fault="silent"),
    "fault_starting": _with(fault="starting"),
    "away": None,
    "extra": _taken("extra", "in", "morning"),
    "present_sick": _taken("present", "none", absence="sick"),
    "confirmed": _with(_card("taken", "confirmed", name=NAME)),
    "outside_site": _with(_card("refused", "outside_site", name=NAME)),
    "presence": _with(
        presence=PresenceView(check_id="1", until_ms=MORNING + 272_000, confirmed=12, expected=40)
    ),
    "stick_reading": _stick(state="reading"),
    "stick_writing": _stick(state="writing", done=18_240, of=102_000, accepted=4_210),
    "stick_done": _stick(state="done", safe=True, records=102_000, photos=2_000, left=31, accepted=4_210),
    "stick_held": _stick(state="done", records=12, standing="waiting_approval"),
    "stick_full": _stick(state="failed", code="full", safe=True),
    "stick_unprepared": _stick(state="failed", code="unprepared", safe=True),
    "idle_camera": _faces(),
    "face_look": _faces(GuideView(1)),
    "face_closer": _faces(GuideView(1, advice="closer")),
    "face_ask_left": _faces(GuideView(1, asked="left")),
    "face_ask_blink": _faces(GuideView(1, asked="blink")),
    "face_two": _faces(GuideView(1, asked="right"), GuideView(2, advice="closer")),
    "face_unknown": _with(_card("unknown", "unknown_face", device="kamera")),
    "face_unknown_last": _with(_card("unknown", "unknown_face_last", device="kamera")),
    "face_unproven": _with(_card("refused", "unproven", device="kamera")),
    "face_ambiguous": _with(_card("ambiguous", "ambiguous", device="kamera", show_ms=20_000)),
    "face_greeting": _with(_card("greeting", "outside", name=NAME, device="kamera")),
    "face_enrol": _face_enrol("right", 2),
    "face_enrol_advice": _face_enrol("up", 3, "light"),
    "idle_camera_fault": _with(
        devices=(READER, DeviceView("kamera", "camera", "fault", simulated=False, cause="unavailable"))
    ),
    "wait_witness": _flow("pin", "witness", NAME),
    "wait_special": _flow("special", "finger"),
    "wait_my_record": _flow("my_record", "finger"),
    "wait_raise": _flow("raise", "finger", NAME),
    **dict.fromkeys(PANES, VIEW),
}
