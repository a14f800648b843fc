"""How something ended, until it is touched away."""

from __future__ import annotations

from ui.panes import Told, say
from ui.screens import keys, notice
from ui.screens.notice import Notice
from ui.sheet import Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, told: Told) -> None:
    """Compose it as a notice with one key."""
    words = sheet.look.words
    steps = tuple(words.of(step) for step in told.steps)
    found = Notice(told.tone, told.icon, words.of(told.title), words.of(told.lead), steps)
    foot = keys.foot(sheet, stage, ("choose", "done"), "check", say("key.done"), strong=True)
    notice.show(sheet, stage, found, foot=foot)
