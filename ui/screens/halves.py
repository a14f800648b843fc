"""The coloured half: one icon, one word, seen from across the room."""

from __future__ import annotations

from collections.abc import Callable

from ui import fonts
from ui.box import Box
from ui.fingerprint import height_of
from ui.items import Fingerprint
from ui.metrics import TypeSize
from ui.screens import frame
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.theme import Tone, mix

_WIPED_IN = 930


def coloured(sheet: Sheet, stage: Stage, tone: Tone, icon: str, headline: str, lead: str = "") -> Box:
    """Fill one half with `tone`, its icon and headline (a smaller `lead` above it); the plain half.

    While the card appears, the colour sweeps in and the words follow.
    """
    half, plain = frame.halves(sheet)
    swept = round(half.w * (0.3 + 0.7 * stage.appear_milli / 1000))
    sheet.fill(half.cut_left(swept)[0], tone.fill)
    if stage.appear_milli < _WIPED_IN:
        return plain
    _stack(sheet, half, tone, headline, lead, lambda box: _badge(sheet, box.middle(box.h, box.h), tone, icon))
    return plain


def growing(sheet: Sheet, tone: Tone, headline: str, lead: str, share_milli: int) -> Box:
    """The same with a fingerprint that fills up from below, for an enrolment; the plain half."""
    half, plain = frame.halves(sheet)
    sheet.fill(half, tone.fill)
    dim = mix(tone.fill, tone.on, 0.3)

    def picture(box: Box) -> None:
        place = box.middle(round(box.h / height_of(1000) * 1000), box.h)
        sheet.items.append(Fingerprint(place, dim, tone.on, share_milli=share_milli))

    _stack(sheet, half, tone, headline, lead, picture)
    return plain


def _stack(
    sheet: Sheet, half: Box, tone: Tone, headline: str, lead: str, picture: Callable[[Box], None]
) -> None:
    """A picture, as large as the words below it leave room for."""
    m = sheet.look.metrics
    area = half.inset(m.u(3), m.u(2))
    words = Column(sheet, area, "centre")
    _say(sheet, words, tone, headline, lead)
    column = Column(sheet, area, "centre")
    column.add(min(m.u(18), area.h - words.height - m.u(2.5)), picture)
    column.add(words.height, words.lay_in, m.u(2.5))
    column.lay()


def _say(sheet: Sheet, column: Column, tone: Tone, headline: str, lead: str) -> None:
    m = sheet.look.metrics
    if lead:
        column.text(lead, tone.on, ("body", "label"), rows=2)
    lines = fonts.wrap(headline, "strong", m.type("display"), column.width)
    short = len(lines) <= 2 and all(
        fonts.width(line, "strong", m.type("display")) <= column.width for line in lines
    )
    sizes: tuple[TypeSize, ...] = ("display",) if short else ("headline", "title", "body")
    column.text(headline, tone.on, sizes, "strong", rows=3, gap=m.u(0.5))


def _badge(sheet: Sheet, disc: Box, tone: Tone, icon: str) -> None:
    sheet.fill(disc, mix(tone.fill, tone.on, 0.14), disc.w)
    sheet.icon(disc.inset(round(disc.w * 0.22)), icon, tone.on)
