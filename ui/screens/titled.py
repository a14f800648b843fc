"""The frame of whatever is asked: a way back, the title, the language."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.panes import Says
from ui.screens import frame, keys
from ui.sheet import Sheet
from ui.stage import Stage


def titled(sheet: Sheet, stage: Stage, title: Says, *, back: bool = True) -> Box:
    """The header; what is left below it, inset."""
    m, theme = sheet.look.metrics, sheet.look.theme
    bar, rest = frame.whole(sheet).cut_top(m.touch + m.u(3))
    bar = bar.inset(m.u(3), 0)
    bar = frame.language_switch(sheet, stage, bar)
    if back:
        place, bar = bar.cut_left(m.touch, m.u(2))
        place = place.middle(m.touch, m.touch)
        ink = keys.key(sheet, stage, place, ("back", "back"))
        sheet.icon(place.middle(m.u(3), m.u(3)), "back", ink)
    if m.portrait:
        second, rest = rest.cut_top(m.u(7.5), m.u(1))
        frame.simulated_chip(sheet, stage, bar)
        bar = second.inset(m.u(3), 0)
    else:
        bar = frame.simulated_chip(sheet, stage, bar)
    said = fonts.printable(sheet.look.words.of(title))
    px, lines = fonts.fit(said, "strong", (m.type("title"), m.type("body")), bar.w, 1)
    if fonts.ELLIPSIS in lines[0]:
        px, lines = fonts.fit(said, "strong", (m.type("body"), m.type("label")), bar.w, 2)
    if len(lines) * fonts.line_height("strong", px) > bar.h - m.u(0 if m.portrait else 3):
        px, lines = fonts.fit(said, "strong", (m.type("label"),), bar.w, 2)
    sheet.lines(bar, lines, theme.ink, px, "strong")
    return rest.inset(m.u(3), 0).cut_bottom(m.u(2))[1]
