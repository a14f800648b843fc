"""A presence check is open: everybody confirms with a finger."""

from __future__ import annotations

from kiosk.core.view import PresenceView
from ui import fonts
from ui.box import Box
from ui.screens import frame
from ui.screens.halves import coloured
from ui.screens.idle import other_ways
from ui.sheet import Column, Sheet
from ui.stage import Stage, moment


def draw(sheet: Sheet, stage: Stage, check: PresenceView) -> None:
    """Compose the call, how many have come, and the time left."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    plain = coloured(sheet, stage, theme.out, "bell", words("presence.title"), words("lead.presence"))
    area = frame.corner(sheet, stage, plain)
    area = other_ways(sheet, stage, area.cut_bottom(m.u(1))[1])
    left_s = max(0, round((moment(check.until_ms, stage.view.site.zone) - stage.now).total_seconds()))
    column = Column(sheet, area)
    column.add(m.u(10), lambda box: _count(sheet, box, check))
    column.text(words("presence.confirmed"), theme.muted, ("body", "label"), rows=1)
    column.text(words("idle.prompt"), theme.ink, ("headline", "title"), "strong", rows=2, gap=m.u(2))
    left = words("presence.left", duration=words.duration(left_s))
    column.text(left, theme.muted, ("title", "body"), rows=2, gap=m.u(1))
    column.lay()


def _count(sheet: Sheet, box: Box, check: PresenceView) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    px, done = m.type("time"), str(check.confirmed)
    big, rest = box.cut_left(fonts.width(done, "display", px), m.u(1.5))
    sheet.lines(big, (done,), theme.ink, px, "display")
    sheet.line(rest, f"/ {check.expected}", theme.muted, "headline", "display")
