"""How something ended, until it is touched away."""

from __future__ import annotations

from ui.panes import Told, say
from ui.screens import frame, keys, notice
from ui.screens.notice import Notice
from ui.sheet import Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, told: Told) -> None:
    """Compose it as a notice with one key."""
    m, words = sheet.look.metrics, sheet.look.words
    steps = tuple(words.of(step) for step in told.steps)
    half = frame.halves(sheet)[1]
    bar, _ = half.inset(m.u(3), m.u(2)).cut_bottom(max(m.touch, m.u(7)))
    found = Notice(told.tone, told.icon, words.of(told.title), words.of(told.lead), steps)
    notice.show(sheet, stage, found, foot=bar.h + m.u(2))
    keys.worded(sheet, stage, bar, ("choose", "done"), "check", say("key.done"), strong=True)
