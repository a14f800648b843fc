"""A sensor is being filled from the vault: how far it has come, and that it is not time to punch yet."""

from __future__ import annotations

from kiosk.core.view import Card
from ui.screens import frame
from ui.screens.halves import growing
from ui.sheet import Column, Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, card: Card) -> None:
    """Compose the progress in `card.step` of `card.steps` fingers."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    share = 1000 * card.step // max(1, card.steps)
    tone = theme.ok if card.code == "done" else theme.guide
    headline = words(words.known("refill", card.code))
    plain = growing(sheet, tone, headline, words("lead.refill"), share)
    column = Column(sheet, frame.corner(sheet, stage, plain).cut_bottom(m.u(3))[1])
    count = words("refill.count", n=card.step, of=card.steps)
    column.text(count, theme.ink, ("title", "body", "label"), "strong", rows=2)
    column.text(words("refill.hint"), theme.muted, ("body",), rows=3, gap=m.u(2))
    column.lay()
