"""What every screen shares: the header, the language switch, the simulation mark, the coloured half."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.items import Target
from ui.sheet import Sheet
from ui.stage import Stage
from ui.strings import LANGUAGES
from ui.theme import mix


def whole(sheet: Sheet) -> Box:
    """The display."""
    return Box(0, 0, sheet.look.metrics.width, sheet.look.metrics.height)


def header(sheet: Sheet, stage: Stage) -> Box:
    """Mark, site, language switch and, on wide displays, the simulation mark; what is left below."""
    m, theme = sheet.look.metrics, sheet.look.theme
    bar, rest = whole(sheet).cut_top(m.touch + m.u(3))
    bar = bar.inset(m.u(3), 0)
    bar = language_switch(sheet, stage, bar)
    if not m.portrait:
        bar = simulated_chip(sheet, stage, bar)
    tile, bar = bar.cut_left(m.u(5), m.u(1.5))
    tile = tile.middle(m.u(5), m.u(5))
    sheet.fill(tile, theme.accent, m.u(1.5))
    sheet.icon(tile.inset(m.u(0.75)), "mark", theme.on_accent)
    _site(sheet, stage, bar)
    return rest


def corner(sheet: Sheet, stage: Stage, area: Box) -> Box:
    """Small clock, simulation mark and language switch atop the plain half; the rest below."""
    m, theme = sheet.look.metrics, sheet.look.theme
    bar, rest = area.cut_top(m.touch + m.u(3))
    bar = bar.inset(m.u(3), 0)
    bar = language_switch(sheet, stage, bar)
    sheet.line(bar, f"{stage.now:%H:%M}", theme.muted)
    _, bar = bar.cut_left(m.u(9))
    simulated_chip(sheet, stage, bar)
    return rest.inset(m.u(3), 0)


def language_switch(sheet: Sheet, stage: Stage, bar: Box) -> Box:
    """Two keys of at least 9 mm, the language in use filled; what is left of the bar."""
    m, theme = sheet.look.metrics, sheet.look.theme
    area, rest = bar.cut_right(2 * m.touch, m.u(2))
    area = area.middle(2 * m.touch, m.touch)
    sheet.fill(area, theme.line, m.u(1.5))
    for language, key in zip(LANGUAGES, area.columns(2), strict=True):
        active = language == stage.language
        pressed = stage.pressed == language
        if active or pressed:
            ground = theme.accent if active else mix(theme.line, theme.accent, 0.35)
            sheet.fill(key.inset(m.u(0.4)), ground, m.u(1.2))
        ink = theme.on_accent if active else theme.ink
        sheet.line(key, language.upper(), ink, "label", "strong", "centre")
        sheet.targets.append(Target(key, "language", language))
    return rest


def simulated_chip(sheet: Sheet, stage: Stage, bar: Box) -> Box:
    """A mark that cannot be missed while any device is emulated."""
    if not stage.simulated:
        return bar
    m = sheet.look.metrics
    area, rest = bar.cut_right(chip_width(sheet), m.u(2))
    chip(sheet, area.middle(area.w, m.u(4.5)))
    return rest


def chip(sheet: Sheet, area: Box) -> None:
    """The simulation mark itself, `chip_width` wide."""
    m, tone = sheet.look.metrics, sheet.look.theme.late
    sheet.fill(area, tone.fill, area.h // 2)
    mark, label = area.inset(m.u(1.5), 0).cut_left(m.u(2.5), m.u(1))
    sheet.icon(mark, "flask", tone.on)
    sheet.line(label, sheet.look.words("simulated"), tone.on, "label", "strong")


def chip_width(sheet: Sheet) -> int:
    """How wide the simulation mark is in this language."""
    m = sheet.look.metrics
    return fonts.width(sheet.look.words("simulated"), "strong", m.type("label")) + m.u(6.5)


def halves(sheet: Sheet) -> tuple[Box, Box]:
    """A screen in two: the part for a colour, edge to edge, and the plain part beside or below it."""
    m = sheet.look.metrics
    area = whole(sheet)
    return area.cut_top(round(area.h * 0.42)) if m.portrait else area.cut_left(round(area.w * 0.42))


def _site(sheet: Sheet, stage: Stage, bar: Box) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    name = fonts.printable(stage.view.site.name) or sheet.look.words("app.name")
    px = m.type("body")
    lines: tuple[str, ...] = (name,)
    if fonts.width(name, "strong", px) > bar.w:
        px, lines = fonts.fit(name, "strong", (m.type("label"),), bar.w, 2)
    sheet.lines(bar, lines, theme.ink, px, "strong")
