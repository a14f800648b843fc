"""Words of the centre, in a band under the header for as long as they hold."""

from __future__ import annotations

from ui.box import Box
from ui.sheet import Column, Sheet
from ui.stage import Stage

ROWS = 3


def band(sheet: Sheet, stage: Stage, area: Box) -> Box:
    """Compose the band atop `area`, if there is a message; what is left below."""
    message = stage.view.message
    if message is None:
        return area
    m, tone = sheet.look.metrics, sheet.look.theme.guide
    text = message.text_en if stage.language == "en" and message.text_en else message.text
    outer = area.inset(m.u(3), 0)
    column = Column(sheet, Box(0, 0, outer.w - m.u(8), area.h))
    column.text(text, tone.on, ("body", "label"), "strong", rows=ROWS)
    bar, rest = area.cut_top(column.height + m.u(2), m.u(1))
    bar = bar.inset(m.u(3), 0)
    sheet.fill(bar, tone.fill, m.u(1.5))
    mark, words = bar.inset(m.u(2), m.u(1)).cut_left(m.u(3), m.u(1))
    sheet.icon(mark.middle(m.u(3), m.u(3)), "bell", tone.on)
    column.lay_in(words)
    return rest
