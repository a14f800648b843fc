"""The seal's code is read back from the drawn screen, as a phone sees it; sticks in the operator's menu."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import cv2
import msgspec
import numpy as np
import pygame
import pytest

from kiosk.core import api, courier
from kiosk.core.seal import BadSealError, DaySeal, read_seal
from kiosk.core.view import RaisedView, StickView
from tests.ui.test_visit import Desk
from ui.gallery import sample_stage, screenshot
from ui.items import Text
from ui.metrics import Metrics
from ui.panes import Busy, Choice, Listing, Phrase, Sealed, Told
from ui.sample_panes import PANES
from ui.samples import VIEW
from ui.screens import compose

_PANE = PANES["seal"]
assert isinstance(_PANE, Sealed)
SEAL = _PANE.seal
TEXT = SEAL.text


def drawn(size: tuple[int, int], theme: Any) -> Any:
    surface = screenshot("seal", Metrics(*size), "id", theme)
    return cv2.cvtColor(pygame.surfarray.array3d(surface).swapaxes(0, 1), cv2.COLOR_RGB2BGR)


def photographed(screen: Any) -> Any:
    """Askew, a little out of focus, darker, noisy, and a JPEG."""
    large = cv2.resize(screen, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    high, wide = large.shape[:2]
    corners = [[0, 0], [wide, 0], [wide, high], [0, high]]
    seen = [[wide * 0.03, high * 0.02], [wide * 0.98, 0], [wide, high * 0.98], [0, high]]
    there, here = np.array(corners, dtype=np.float32), np.array(seen, dtype=np.float32)
    turned = cv2.warpPerspective(large, cv2.getPerspectiveTransform(there, here), (wide, high))
    soft = cv2.GaussianBlur(turned, (0, 0), 1.2).astype(np.int16)
    noise = np.random.default_rng(1).normal(0, 6, soft.shape)
    dim = np.clip(soft * 0.8 + 20 + noise, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", dim, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize(("size", "theme"), [((800, 480), "light"), ((600, 1024), "night")], ids=str)
def test_a_phone_reads_the_code_on_the_screen(size: tuple[int, int], theme: str) -> None:
    screen = drawn(size, theme)
    for picture in (screen, photographed(screen)) if theme == "light" else (screen,):
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
        assert text == TEXT
        assert read_seal(text).count == SEAL.count


def test_a_seal_copied_badly_is_noticed() -> None:
    seal = read_seal(TEXT)
    assert seal.text == TEXT
    assert read_seal(f"  {TEXT[:90]}\n{TEXT[90:]}\n") == seal
    assert not seal.holds("11" * 32)
    for wrong in (
        TEXT[:-200], TEXT.replace("|184|", "|185|"), TEXT.replace("HADIRSEAL1", "HADIR1"), "", "x" * 5_000,
        TEXT.replace("2026-11-23", "23-11-2026"), TEXT.replace("|10201|", "|١٠٢٠١|"),
    ):  # fmt: skip
        with pytest.raises(BadSealError):
            read_seal(wrong)


def test_what_is_signed_of_a_seal_is_all_but_its_signature() -> None:
    one = DaySeal(tenant="t", device="d", day="2026-11-23", first=1, last=9, ledger_id="ab", head="00" * 32)
    changes: dict[str, Any] = {
        "tenant": "u", "device": "e", "day": "2026-11-24", "first": 2, "last": 8, "ledger_id": "ac",
        "head": "11" * 32,
    }  # fmt: skip
    others = [msgspec.structs.replace(one, **{name: value}) for name, value in changes.items()]
    assert len({seal.statement() for seal in (one, *others)}) == 8


@pytest.fixture
def operator() -> Desk:
    at = Desk()
    at.view = msgspec.structs.replace(VIEW, raised=RaisedView(name="A", role="operator", until_ms=0))
    menu = at.touch("start", "operator")
    assert isinstance(menu, Choice)
    return at


STATE = courier.CourierState(
    records=7, photos=0, exported=0, folder="/run/hadir/stick", present=True, centre_known=True
)
DONE = courier.CourierDone(stick="0" * 32, records=7)


def test_the_seal_of_today_is_asked_for_when_it_is_looked_at(operator: Desk) -> None:
    operator.touch("choose", "seal")
    assert operator.sent[-1] == courier.GetSeal()
    pane = operator.answer(SEAL)
    assert isinstance(pane, Sealed)
    assert date.fromisoformat(pane.seal.day) == date(2026, 11, 23)
    assert isinstance(operator.touch("back", "back"), Choice)


def test_a_stick_is_written_from_the_menu_and_the_list_comes_back(operator: Desk) -> None:
    operator.touch("choose", "stick")
    assert isinstance(operator.answer(STATE), Listing)
    assert isinstance(operator.touch("choose", "export"), Busy)
    assert operator.sent[-1] == courier.CourierExport()
    operator.answer(DONE)
    assert isinstance(operator.answer(STATE), Listing)
    operator.touch("choose", "pair")
    told = operator.answer(api.Done("3fa90c12"))
    assert isinstance(told, Told)
    assert told.tone == "ok"


def test_a_stick_that_cannot_be_used_says_why_in_words(operator: Desk) -> None:
    operator.touch("choose", "stick")
    operator.answer(STATE)
    operator.touch("choose", "export")
    operator.view = msgspec.structs.replace(
        operator.view, stick=StickView(state="failed", code="read_only", safe=True)
    )
    told = operator.answer(error=api.ApiError("device", "the stick: locked (read_only)"))
    assert isinstance(told, Told)
    assert told.steps == (Phrase("stick_code.read_only"),)
    assert replace(told, tone="bad") == told


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("stick_writing", "18.240 dari 102.000", "boleh"), ("stick_held", "Jangan cabut dulu", "boleh"),
        ("stick_done", "Stik boleh dicabut", "Jangan"), ("stick_full", "Stik penuh", "berbahaya"),
    ],
)  # fmt: skip
def test_the_screen_says_how_far_it_is_and_when_the_stick_may_be_pulled_out(
    name: str, said: str, unsaid: str
) -> None:
    page = compose(sample_stage(name, "id", "light"), Metrics(800, 480))
    shown = " ".join(item.text for item in page.items if isinstance(item, Text))
    assert (said in shown, unsaid in shown) == (True, False), shown
