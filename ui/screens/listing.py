"""A list to look through, row by row, page by page."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.panes import Listing, Row
from ui.screens import keys
from ui.screens.titled import titled
from ui.sheet import Column, Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, listing: Listing) -> None:
    """Compose the rows that fit, the pager, and the keys below."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    area = titled(sheet, stage, listing.title)
    area = keys.row_of(sheet, stage, area, listing.keys)
    if listing.lead:
        line, area = area.cut_top(m.u(3.5), m.u(0.5))
        sheet.line(line, words.of(listing.lead), theme.muted, "label")
    if not listing.rows:
        column = Column(sheet, area, "centre")
        column.text(words.of(listing.empty), theme.muted, ("title", "body"), rows=3)
        column.lay()
        return
    height = max(m.touch, m.u(9 if m.portrait else 8))
    area, page = keys.paged(sheet, stage, area, listing.first, len(listing.rows), height)
    for number, row in enumerate(listing.rows[listing.first : listing.first + page]):
        _row(sheet, stage, Box(area.x, area.y + number * height, area.w, height), row)


def _row(sheet: Sheet, stage: Stage, box: Box, row: Row) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    if row.value:
        keys.key(sheet, stage, box, ("row", row.value))
        inner = box.inset(m.u(1.5), m.u(0.4))
        arrow, inner = inner.cut_right(m.u(2.5), m.u(0.5))
        sheet.icon(arrow.middle(m.u(2), m.u(2)), "next", theme.ink)
    else:
        sheet.fill(Box(box.x, box.bottom - max(1, m.u(0.12)), box.w, max(1, m.u(0.12))), theme.line)
        inner = box.inset(m.u(0.5), m.u(0.4))
    if row.icon:
        ink = theme.tone(row.tone).ink if row.tone else theme.accent
        mark, inner = inner.cut_left(m.u(3.5), m.u(1.2))
        sheet.icon(mark.middle(m.u(3.5), m.u(3.5)), row.icon, ink)
    if row.end:
        said = fonts.printable(words.of(row.end))
        px = m.type("body")
        if fonts.width(said, "strong", px) > inner.w * 0.4:
            px = m.type("label")
        end, inner = inner.cut_right(min(inner.w // 2, fonts.width(said, "strong", px)), m.u(1.5))
        sheet.lines(end, (fonts.shorten(said, "strong", px, end.w),), theme.ink, px, "strong", "right")
    _words(sheet, inner, row)


def _words(sheet: Sheet, box: Box, row: Row) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    column = Column(sheet, box)
    main, detail = fonts.printable(words.of(row.main)), words.of(row.detail)
    fitted = fonts.width(main, "strong", m.type("body")) <= box.w
    single = fonts.width(main, "strong", m.type("label")) <= box.w
    column.text(
        main, theme.ink, ("body",) if fitted else ("label",), "strong", rows=1 if single and detail else 2
    )
    if detail:
        while " · " in detail and fonts.width(detail, "text", m.type("label")) > box.w:
            detail = detail.rpartition(" · ")[0]
        column.text(detail, theme.ink if row.value else theme.muted, ("label",), rows=1)
    column.lay()
