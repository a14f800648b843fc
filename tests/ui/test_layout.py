"""Nothing is cut, nothing overlaps, every finger-sized thing is finger-sized: by measuring every screen."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from typing import Any

import msgspec
import pytest

from kiosk.core.view import View
from kiosk.core.zone import ZONES, wall_ms
from ui import fonts
from ui.box import Box
from ui.gallery import SIZES, sample_stage
from ui.items import Fill, Page, Text
from ui.metrics import TOUCH_MM, Metrics
from ui.panes import Pane
from ui.sample_panes import PANES
from ui.samples import SAMPLES, VIEW
from ui.screens import compose
from ui.screens.idle import SECONDS
from ui.screens.result import initials
from ui.stage import Director
from ui.strings import LANGUAGES

LONG_NAME = (
    "Prof. Dr. Ir. Hj. Raden Ajeng Siti Nurhaliza Kusumawardhani Prawirodirdjo-Simanjuntak, "
    "S.Pd., M.Pd., Ph.D."
)
LONG_SITE = "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia Kabupaten Solok Selatan"
# 2026-12-30 is a Wednesday: the widest English date; 20:08:58 has wide digits.
LATE_IN_DECEMBER = 1_798_636_138_000


def pages(size: tuple[int, int], language: Any) -> dict[str, Page]:
    metrics = Metrics(*size)
    return {name: compose(sample_stage(name, language, "light"), metrics) for name in SAMPLES}


def page_of(
    view: View,
    size: tuple[int, int],
    language: Any,
    now_ms: int = LATE_IN_DECEMBER,
    pane: Pane | None = None,
) -> Page:
    director = Director(language, "light")
    director.receive(msgspec.structs.replace(view, language=language, card=None), 0, now_ms)
    director.receive(msgspec.structs.replace(view, language=language), 0, now_ms)
    return compose(director.stage(1, now_ms, pane=pane), Metrics(*size))


def faults(page: Page, size: tuple[int, int], *, may_shorten: bool = False) -> list[str]:
    whole = Box(0, 0, *size)
    texts = [item for item in page.items if isinstance(item, Text)]
    found = [f"outside: {item}" for item in page.items if not whole.contains(item.box)]
    found += [f"too wide: {text}" for text in texts if text.ink_width > text.box.w]
    found += [
        f"too high: {text}" for text in texts if text.box.h < fonts.line_height(text.face, text.size) - 1
    ]
    if not may_shorten:
        found += [f"cut: {text}" for text in texts if fonts.ELLIPSIS in text.text]
    found += [
        f"overlap: {a.text!r} and {b.text!r}" for a, b in combinations(texts, 2) if ink(a).meets(ink(b))
    ]
    return found + outgrown(page, texts) + crowded(page, size)


def ink(text: Text) -> Box:
    """Where the letters themselves may be: less the line's own leading."""
    slack = text.box.w - text.ink_width
    x = text.box.x + {"left": 0, "centre": slack // 2, "right": slack}[text.align]
    height = round(text.size * 0.95)
    return Box(x, text.box.y + (text.box.h - height) // 2, text.ink_width, height)


def crowded(page: Page, size: tuple[int, int]) -> list[str]:
    """Texts closer than 12 pixels (at scale 1) to the edge of the display or of the coloured half."""
    metrics = Metrics(*size)
    edges = [Box(0, 0, *size)]
    edges += [i.box for i in page.items[:1] if isinstance(i, Fill) and i.box.x == i.box.y == 0]
    found = []
    for text in (item for item in page.items if isinstance(item, Text)):
        inside = [edge for edge in edges if edge.holds(*ink(text).centre)]
        if not all(edge.inset(metrics.u(1.5)).contains(ink(text)) for edge in inside):
            found.append(f"crowded: {text.text!r} at {ink(text)} in {inside}")
    return found


def outgrown(page: Page, texts: list[Text]) -> list[str]:
    """Texts that begin on a panel and end beyond it."""
    found = []
    for text in texts:
        behind = page.items[: page.items.index(text)]
        panels = [i.box for i in behind if isinstance(i, Fill) and i.box.holds(*ink(text).centre)]
        if panels and not panels[-1].contains(ink(text)):
            found.append(f"outgrown: {text} beyond {panels[-1]}")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_state_fits(size: tuple[int, int], language: str) -> None:
    wrong = {name: bad for name, page in pages(size, language).items() if (bad := faults(page, size))}
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_longest_strings_fit(size: tuple[int, int], language: str) -> None:
    for name, view in SAMPLES.items():
        if view is None:
            continue
        long = msgspec.structs.replace(
            view,
            site=msgspec.structs.replace(view.site, name=LONG_SITE, zone="WITA"),
            devices=tuple(msgspec.structs.replace(d, simulated=True) for d in view.devices),
            link=msgspec.structs.replace(view.link, backlog=999_999, status="waiting_approval"),
            today=13_000,
            card=view.card and msgspec.structs.replace(
                view.card, seq=9_999_999, at_ms=LATE_IN_DECEMBER, name=LONG_NAME if view.card.name else "",
                late_s=view.card.late_s and 86_340, early_s=view.card.early_s and 86_340,
            ),
        )  # fmt: skip
        page = page_of(long, size, language, pane=PANES.get(name))
        assert faults(page, size, may_shorten=True) == [], name
        cut = [t.text for t in page.items if isinstance(t, Text) and fonts.ELLIPSIS in t.text]
        assert all(text.split()[0] in LONG_NAME + LONG_SITE for text in cut), (name, cut)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_clock_fits_at_every_second_and_minute_of_a_day(size: tuple[int, int]) -> None:
    minutes = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
    px = Metrics(*size).type("clock")
    by_width = sorted(minutes, key=lambda text: fonts.width(text, "display", px))
    seconds = sorted(SECONDS, key=lambda text: fonts.width(text, "display", Metrics(*size).type("display")))
    for minute, second in ((by_width[-1], seconds[-1]), (by_width[0], seconds[-1]), (by_width[-1], "00")):
        day = datetime.fromisoformat(f"2026-12-30 {minute}:{second}").replace(tzinfo=ZONES["WIB"])
        page = page_of(VIEW, size, "id", wall_ms(day))
        cut = [t for t in page.items if isinstance(t, Text) and (t.ink_width > t.box.w or "…" in t.text)]
        assert cut == []


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_name_with_titles_is_shown_whole(size: tuple[int, int]) -> None:
    page = page_of(SAMPLES["on_time"] or VIEW, size, "id")
    shown = " ".join(item.text for item in page.items if isinstance(item, Text))
    assert "Dr. H. Ahmad Fauzi Nasution, S.Pd., M.M." in shown


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("diagonal_in", [5.0, 7.0, 10.1])
def test_touch_targets_are_at_least_9_mm(size: tuple[int, int], diagonal_in: float) -> None:
    metrics = Metrics(*size, diagonal_in)
    for name in SAMPLES:
        page = compose(sample_stage(name, "id", "light"), metrics)
        assert page.targets
        for target in page.targets:
            assert min(target.box.w, target.box.h) / metrics.px_per_mm >= TOUCH_MM
            assert Box(0, 0, *size).contains(target.box)
        assert not any(a.box.meets(b.box) for a, b in combinations(page.targets, 2))


def test_every_screen_says_that_a_device_is_simulated() -> None:
    for name, view in SAMPLES.items():
        if view is None:
            continue
        simulated = tuple(msgspec.structs.replace(d, simulated=True) for d in view.devices)
        page = page_of(
            msgspec.structs.replace(view, devices=simulated), (800, 480), "id", pane=PANES.get(name)
        )
        assert any(isinstance(i, Text) and i.text == "SIMULASI" for i in page.items), name


def test_emoji_control_characters_and_endless_names_do_no_harm() -> None:
    taken = SAMPLES["on_time"] or VIEW
    for name in ("Budi 😀 Santoso\n\x07", "x" * 5000, "😀", "", "محمد بن عبد الله", "Ñandú Żółć"):
        card = taken.card and msgspec.structs.replace(taken.card, name=name)
        page = page_of(msgspec.structs.replace(taken, card=card), (800, 480), "id")
        assert faults(page, (800, 480), may_shorten=True) == []


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Dr. H. Ahmad Fauzi Nasution, S.Pd., M.M.", "AN"),
        ("Siti", "S"),
        ("Ir. Sutomo", "S"),
        ("budi santoso", "BS"),
        ("H.", "H"),
        ("", ""),
        ("1234", ""),
    ],
)
def test_initials_are_of_the_name_not_of_its_titles(name: str, letters: str) -> None:
    assert initials(name) == letters
