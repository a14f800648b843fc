"""Keys to touch: how they look at rest, pressed, and when there is nothing to do yet."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.items import Target
from ui.panes import Says, Tile
from ui.screens import frame
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.theme import Colour, ToneName, mix


def key(
    sheet: Sheet,
    stage: Stage,
    box: Box,
    target: tuple[str, str],
    *,
    strong: bool = False,
    tone: ToneName | None = None,
) -> Colour:
    """The ground of a key that fills its box but for a gap; what is drawn on it should have this colour."""
    m, theme = sheet.look.metrics, sheet.look.theme
    ground, ink = (theme.accent, theme.on_accent) if strong else (theme.line, theme.ink)
    if tone:
        ground, ink = theme.tone(tone).fill, theme.tone(tone).on
    if stage.pressed == target[1]:
        ground = mix(ground, theme.ink if strong else theme.accent, 0.3)
    sheet.fill(box.inset(m.u(0.4)), ground, m.u(1.2))
    sheet.targets.append(Target(box, *target))
    return ink


def worded(
    sheet: Sheet,
    stage: Stage,
    box: Box,
    target: tuple[str, str],
    icon: str,
    text: Says,
    *,
    strong: bool = False,
    tone: ToneName | None = None,
) -> None:
    """An icon and words side by side."""
    m = sheet.look.metrics
    ink = key(sheet, stage, box, target, strong=strong, tone=tone)
    said = sheet.look.words.of(text)
    inner = box.inset(m.u(1.5), 0)
    room = inner.w - m.u(4)
    px, lines = fonts.fit(said, "strong", (m.type("body"), m.type("label")), room, 1)
    if fonts.ELLIPSIS in lines[0]:
        px, lines = fonts.fit(said, "strong", (m.type("label"),), room, 2)
    width = max(fonts.width(line, "strong", px) for line in lines)
    place = inner.middle(min(inner.w, width + m.u(4)), inner.h)
    mark, rest = place.cut_left(m.u(3), m.u(1))
    sheet.icon(mark.middle(m.u(3), m.u(3)), icon, ink)
    sheet.lines(rest, lines, ink, px, "strong")


def foot(
    sheet: Sheet, stage: Stage, target: tuple[str, str], icon: str, text: Says, *, strong: bool = False
) -> int:
    """One key at the bottom of the plain half; how much it takes."""
    m = sheet.look.metrics
    bar, _ = frame.halves(sheet)[1].inset(m.u(3), m.u(2)).cut_bottom(max(m.touch, m.u(7)))
    worded(sheet, stage, bar, target, icon, text, strong=strong)
    return bar.h + m.u(2)


def stacked(
    sheet: Sheet,
    stage: Stage,
    box: Box,
    target: tuple[str, str],
    icon: str,
    text: Says,
    *,
    strong: bool = False,
) -> None:
    """An icon above a short word."""
    m = sheet.look.metrics
    ink = key(sheet, stage, box, target, strong=strong)
    column = Column(sheet, box.inset(m.u(1), 0), "centre")
    column.add(m.u(3), lambda place: sheet.icon(place.middle(m.u(3), m.u(3)), icon, ink))
    column.text(sheet.look.words.of(text), ink, ("label",), "strong", gap=m.u(0.2))
    column.lay()


def row_of(sheet: Sheet, stage: Stage, area: Box, tiles: tuple[Tile, ...]) -> Box:
    """Keys in a row at the bottom of `area`, the last one strong; what is left above."""
    if not tiles:
        return area
    m = sheet.look.metrics
    bar, rest = area.cut_bottom(max(m.touch, m.u(7)), m.u(1))
    for number, (tile, box) in enumerate(zip(tiles, bar.columns(len(tiles), m.u(1)), strict=True), 1):
        last = number == len(tiles)
        target = ("choose", tile.value)
        worded(sheet, stage, box, target, tile.icon, tile.text, strong=last, tone=tile.tone)
    return rest


def paged(sheet: Sheet, stage: Stage, area: Box, first: int, total: int, height: int) -> tuple[Box, int]:
    """Where lines of `height` go and how many fit; with keys to page with if `total` do not."""
    m = sheet.look.metrics
    page = max(1, area.h // height)
    if total <= page:
        return area, page
    if not m.portrait:
        bar, rest = area.cut_right(max(m.touch, m.u(6)), m.u(1.5))
        ends = bar.cut_top(max(m.touch, m.u(8)))[0], bar.cut_bottom(max(m.touch, m.u(8)))[0]
        _pager(sheet, stage, (*ends, bar.middle(bar.w, m.u(3))), first, page, total)
        return rest, page
    bar, rest = area.cut_bottom(max(m.touch, m.u(6)), m.u(1))
    page = max(1, rest.h // height)
    up, middle, down = bar.columns(3, m.u(1))
    _pager(sheet, stage, (up, down, middle), first, page, total)
    return rest, page


def _pager(
    sheet: Sheet, stage: Stage, places: tuple[Box, Box, Box], first: int, page: int, total: int
) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    up, down, middle = places
    if first > 0:
        ink = key(sheet, stage, up, ("page", f"{max(0, first - page)}"))
        sheet.icon(up.middle(m.u(3), m.u(3)), "up", ink)
    if first + page < total:
        ink = key(sheet, stage, down, ("page", f"{first + page}"))
        sheet.icon(down.middle(m.u(3), m.u(3)), "down", ink)
    at = f"{first // page + 1}/{-(-total // page)}"
    sheet.line(middle, at, theme.muted, "label", "text", "centre")
