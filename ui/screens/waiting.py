"""The kiosk waits for somebody's finger, or is at work on what was asked."""

from __future__ import annotations

from kiosk.core.view import FlowView
from ui.panes import Busy, Seconds, say
from ui.screens import keys, notice
from ui.screens.notice import Notice
from ui.screens.titled import titled
from ui.sheet import Sheet
from ui.stage import Stage, moment


def draw(sheet: Sheet, stage: Stage, flow: FlowView) -> None:
    """Compose whose finger is waited for, and how long still."""
    words = sheet.look.words
    key = words.known("wait", f"{flow.name}_{flow.step}")
    left_s = max(0, round((moment(flow.until_ms, stage.view.site.zone) - stage.now).total_seconds()))
    found = Notice("guide", "finger", words(key), words.of(words(f"{key}.lead")), (words(f"{key}.1"),))
    text = say("wait.cancel", duration=Seconds(left_s))
    foot = keys.foot(sheet, stage, ("cancel", "cancel"), "cross", text)
    notice.show(sheet, stage, found, name=flow.person, foot=foot)


def busy(sheet: Sheet, stage: Stage, pane: Busy) -> None:
    """Compose a moment's patience."""
    m, theme = sheet.look.metrics, sheet.look.theme
    area = titled(sheet, stage, pane.title, back=False)
    if pane.can_end:
        bar, area = area.cut_bottom(max(m.touch, m.u(7)), m.u(1))
        keys.worded(sheet, stage, bar, ("cancel", "cancel"), "cross", say("key.cancel"))
    sheet.icon(area.middle(m.u(10), m.u(10)), "stick" if pane.can_end else "waiting", theme.muted)
