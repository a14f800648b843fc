"""The coloured half: one icon, one word, seen from across the room."""

from __future__ import annotations

from ui.box import Box
from ui.items import Fingerprint
from ui.screens import frame
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.theme import Tone, mix

_WIPED_IN = 650


def coloured(sheet: Sheet, stage: Stage, tone: Tone, icon: str, headline: str, lead: str = "") -> Box:
    """Fill one half with `tone`, its icon and headline (a smaller `lead` above it); the plain half.

    While the card appears, the colour sweeps in and the words follow.
    """
    m = sheet.look.metrics
    half, plain = frame.halves(sheet)
    swept = round(half.w * (0.3 + 0.7 * stage.appear_milli / 1000))
    sheet.fill(half.cut_left(swept)[0], tone.fill)
    if stage.appear_milli < _WIPED_IN:
        return plain
    column = Column(sheet, half.inset(m.u(3), m.u(2)), "centre")
    disc = m.u(16)
    column.add(disc, lambda box: _badge(sheet, box.middle(disc, disc), tone, icon))
    if lead:
        column.text(lead, tone.on, ("body", "label"), rows=2, gap=m.u(2.5))
    column.text(
        headline, tone.on, ("headline", "title", "body"), "strong", rows=3, gap=m.u(0.5 if lead else 2.5)
    )
    column.lay()
    return plain


def growing(sheet: Sheet, tone: Tone, headline: str, lead: str, share_milli: int) -> Box:
    """The same with a fingerprint that fills up from below, for an enrolment; the plain half."""
    m = sheet.look.metrics
    half, plain = frame.halves(sheet)
    sheet.fill(half, tone.fill)
    column = Column(sheet, half.inset(m.u(3), m.u(2)), "centre")
    width = m.u(15)
    dim = mix(tone.fill, tone.on, 0.3)
    column.add(
        round(width * 1.24),
        lambda box: sheet.items.append(
            Fingerprint(box.middle(width, box.h), dim, tone.on, share_milli=share_milli)
        ),
    )
    column.text(lead, tone.on, ("body", "label"), rows=2, gap=m.u(2))
    column.text(headline, tone.on, ("headline", "title", "body"), "strong", rows=3, gap=m.u(0.5))
    column.lay()
    return plain


def _badge(sheet: Sheet, disc: Box, tone: Tone, icon: str) -> None:
    sheet.fill(disc, mix(tone.fill, tone.on, 0.14), disc.w)
    sheet.icon(disc.inset(round(disc.w * 0.22)), icon, tone.on)
