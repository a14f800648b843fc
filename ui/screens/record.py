"""One's own record: what is stored, sent and accepted, how much lateness, and the receipt as a QR code."""

from __future__ import annotations

from kiosk.core.desk import MyPunch
from ui import fonts
from ui.box import Box
from ui.items import QrCode
from ui.panes import Record, Seconds, say
from ui.screens import keys
from ui.screens.result import VERDICTS
from ui.screens.titled import titled
from ui.sheet import Column, Sheet
from ui.stage import Stage

DELIVERY = {"stored": "saved", "sent": "sent", "accepted": "again"}


def draw(sheet: Sheet, stage: Stage, pane: Record) -> None:
    """Compose the sums, the punches and the receipt."""
    m = sheet.look.metrics
    area = titled(sheet, stage, pane.record.name)
    if m.portrait:
        low, area = area.cut_bottom(round(area.h * 0.34), m.u(2))
        _receipt(sheet, low, pane)
    else:
        side, area = area.cut_right(round(area.w * 0.4), m.u(2))
        _receipt(sheet, side, pane)
    foot, area = area.cut_bottom(m.u(4), m.u(0.5))
    _delivered(sheet, foot, pane)
    sums, area = area.cut_top(m.u(8), m.u(1))
    _sums(sheet, sums, pane)
    _punches(sheet, stage, area, pane)


def _sums(sheet: Sheet, area: Box, pane: Record) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    record = pane.record
    left, right = area.columns(2, m.u(2))
    days = record.recap.totals
    for place, label, value, ink in (
        (left, words("record.present"), words("record.days", n=days.present + days.incomplete), theme.ink),
        (
            right,
            words("record.late"),
            words.duration(record.late_s),
            theme.late.ink if record.late_s else theme.ink,
        ),
    ):
        column = Column(sheet, place)
        column.text(label, theme.muted, ("label",))
        column.text(value, ink, ("title", "body", "label"), "strong")
        column.lay()


def _punches(sheet: Sheet, stage: Stage, area: Box, pane: Record) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    punches = pane.record.punches
    if not punches:
        sheet.line(area, words("list.empty"), theme.muted, "body", "text", "centre")
        return
    height = m.u(5.5)
    area, page = keys.paged(sheet, stage, area, pane.first, len(punches), height)
    for number, punch in enumerate(punches[pane.first : pane.first + page]):
        _punch(sheet, Box(area.x, area.y + number * height, area.w, height), punch)


def _punch(sheet: Sheet, box: Box, punch: MyPunch) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    sheet.fill(Box(box.x, box.y, box.w, max(1, m.u(0.12))), theme.line)
    tone, icon = VERDICTS.get(punch.code, VERDICTS["other"])
    mark, rest = box.cut_left(m.u(3), m.u(1))
    sheet.icon(mark.middle(m.u(2.8), m.u(2.8)), icon, theme.tone(tone).ink)
    px, moment = m.type("label"), words.day_time(punch.local)
    when, rest = rest.cut_left(fonts.width(moment, "strong", px), m.u(1.5))
    sheet.lines(when, (moment,), theme.ink, px, "strong")
    end, rest = rest.cut_right(m.u(3), m.u(1))
    sheet.icon(end.middle(m.u(2.6), m.u(2.6)), DELIVERY[punch.delivery], theme.muted)
    values = {"duration": Seconds(punch.late_s), "time": punch.local[11:16]}
    said = words.of(say(f"short.{punch.code}", **values))
    if punch.ruling:
        said = words(f"ruling.{punch.ruling}")
        said = f"{said}: {punch.ruling_note}" if punch.ruling_note else said
    sheet.line(rest, said, theme.ink if punch.ruling else theme.muted, "label")


def _receipt(sheet: Sheet, area: Box, pane: Record) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    text = Column(sheet, area)
    text.text(words("record.receipt"), theme.ink, ("body", "label"), "strong", rows=2)
    text.text(words("record.photo"), theme.muted, ("label",), rows=2)
    if m.portrait:
        side = min(area.h, area.w // 2)
        place, rest = area.cut_right(side, m.u(2))
        lines = Column(sheet, rest)
        lines.text(words("record.receipt"), theme.ink, ("body", "label"), "strong", rows=2)
        lines.text(words("record.photo"), theme.muted, ("label",), rows=4)
        lines.lay()
        sheet.items.append(QrCode(place.middle(side, side), pane.record.receipt))
        return
    side = min(area.w, area.h - text.height - m.u(1))
    text.lay("bottom")
    sheet.items.append(QrCode(Box(area.right - side, area.y, side, side), pane.record.receipt))


def _delivered(sheet: Sheet, area: Box, pane: Record) -> None:
    """How many are where, in a row."""
    m, words = sheet.look.metrics, sheet.look.words
    for (how, icon), place in zip(DELIVERY.items(), area.columns(len(DELIVERY), m.u(1)), strict=True):
        count = sum(punch.delivery == how for punch in pane.record.punches)
        _counted(sheet, icon, words(f"delivery.{how}", n=count), place)


def _counted(sheet: Sheet, icon: str, said: str, box: Box) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    mark, rest = box.cut_left(m.u(2.6), m.u(0.6))
    sheet.icon(mark.middle(m.u(2.6), m.u(2.6)), icon, theme.muted)
    sheet.line(rest, said, theme.ink, "label")
