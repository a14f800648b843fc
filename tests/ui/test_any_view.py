"""Whatever a well-formed view holds, it is drawn."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pygame
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.view import (
    Card,
    CardKind,
    ClockView,
    DeviceKind,
    DeviceStatus,
    DeviceView,
    FaceEnrolView,
    FaceView,
    GuideView,
    LinkStatus,
    LinkView,
    SiteView,
    View,
)
from ui.canvas import Canvas
from ui.gallery import SIZES
from ui.metrics import Metrics
from ui.sample_shot import sample_shot
from ui.samples import MORNING
from ui.screens import compose
from ui.sounds import SCORES, sound_for
from ui.stage import Director

ANY_INT = st.integers(-(2**53), 2**53)
CODES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["on_time", "late", "duplicate", "closed", "too_dry", "place", "saved", "failed", "lead", "1"]
    ),
)

WORDS = st.text(max_size=20) | st.sampled_from(["", "closer", "alone", "left", "up", "blink", "other", "x.y"])


def one_of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


CARDS = st.builds(
    Card,
    number=st.just(1), kind=one_of(CardKind), code=CODES,
    show_ms=st.integers(1, 10**9), name=st.text(max_size=99),
    at_ms=ANY_INT, trusted=st.booleans(), direction=st.sampled_from(["in", "out", "none"]), late_s=ANY_INT,
    session=st.text(max_size=40), early_s=ANY_INT, seq=ANY_INT, step=ANY_INT, steps=ANY_INT,
)  # fmt: skip
DEVICES = st.builds(
    DeviceView,
    st.text(max_size=20),
    one_of(DeviceKind),
    one_of(DeviceStatus),
    simulated=st.booleans(),
    cause=CODES,
)
FACES = st.builds(
    FaceView,
    st.integers(0, 9),
    st.lists(st.builds(GuideView, ANY_INT, WORDS, WORDS), max_size=5).map(tuple),
    st.none()
    | st.builds(FaceEnrolView, name=st.text(max_size=99), pose=WORDS, done=ANY_INT, of=ANY_INT, advice=WORDS),
)
VIEWS = st.builds(
    View,
    revision=ANY_INT, language=st.sampled_from(["id", "en"]), fault=CODES, today=ANY_INT,
    card=st.none() | CARDS,
    site=st.builds(SiteView, st.text(max_size=80), st.sampled_from(["WIB", "WITA", "WIT"])),
    clock=st.builds(ClockView, st.sampled_from(["ntp", "none"]), ANY_INT),
    link=st.builds(LinkView, one_of(LinkStatus), ANY_INT), devices=st.lists(DEVICES, max_size=4).map(tuple),
    face=st.none() | FACES,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(VIEWS, st.sampled_from(SIZES), st.sampled_from([0.0, 0.05, 1.0]))
def test_any_view_is_drawn(view: View, size: tuple[int, int], after_s: float) -> None:
    director = Director()
    director.receive(msgspec.structs.replace(view, card=None), 0, MORNING)
    director.receive(view, 0, MORNING)
    surface = pygame.Surface(size)
    assert Canvas(surface).show(compose(director.stage(after_s, MORNING, shot=sample_shot()), Metrics(*size)))
    assert view.card is None or sound_for(view.card) in SCORES
