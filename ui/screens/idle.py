"""Idle: the clock, the date, what to do, and whether everything works."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.view import DeviceView
from ui import fonts
from ui.box import Box
from ui.fingerprint import height_of
from ui.items import Fingerprint
from ui.metrics import TypeSize
from ui.panes import say
from ui.screens import frame, keys, message
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.theme import Colour

SECONDS = tuple(f"{second:02}" for second in range(60))
_WAYS = (("pin", "keypad"), ("special", "letter"), ("my_record", "list"), ("operator", "operator"))
_WORST = ("fault", "starting", "ready")
_FIRST = ("reader", "terminal", "camera")
_PROMPTS = {"reader": "idle.prompt", "terminal": "idle.terminal", "camera": "idle.camera"}


@dataclass(frozen=True)
class Cell:
    """One state in the footer, in a word and an icon; of its `labels` the first that fits is shown."""

    icon: str
    labels: tuple[str, ...]
    value: str
    colour: Colour


def draw(sheet: Sheet, stage: Stage) -> None:
    """Compose the idle screen."""
    m = sheet.look.metrics
    area = message.band(sheet, stage, frame.header(sheet, stage))
    cells = _cells(sheet, stage)
    if m.portrait:
        foot, area = area.cut_bottom(m.u(7) * len(cells) + m.u(3))
        _footer(sheet, foot.inset(m.u(3), 0).cut_bottom(m.u(3))[1], cells, stacked=True)
        clock = _clock(sheet, stage, area.w - m.u(6))
        top, area = area.inset(m.u(3), 0).cut_top(clock.height + m.u(5))
        clock.lay_in(top.inset(0, m.u(2)))
        _prompt(sheet, stage, other_ways(sheet, stage, area.cut_bottom(m.u(1))[1]))
    else:
        foot, area = area.cut_bottom(m.u(9))
        _footer(sheet, foot.inset(m.u(3), 0), cells, stacked=False)
        right, left = area.inset(m.u(3), 0).cut_right(round(area.w * 0.36), m.u(3))
        left = other_ways(sheet, stage, left.cut_bottom(m.u(1))[1])
        clock = _clock(sheet, stage, left.w, left.h)
        clock.lay_in(left.middle(left.w, clock.height))
        _prompt(sheet, stage, right.cut_bottom(m.u(1))[1])


def other_ways(sheet: Sheet, stage: Stage, area: Box) -> Box:
    """What can be done beside a tap, in a row of keys at the bottom of `area`; what is left above."""
    m = sheet.look.metrics
    bar, rest = area.cut_bottom(max(m.touch, m.u(8)), m.u(1.5))
    for (flow, icon), box in zip(_WAYS, bar.columns(len(_WAYS), m.u(0.5)), strict=True):
        first = flow == "operator" and stage.view.first_run
        text = say("start.first" if first else f"start.{flow}")
        keys.stacked(sheet, stage, box, ("start", flow), icon, text, strong=first)
    return rest


def _clock(sheet: Sheet, stage: Stage, width: int, height: int = 0) -> Column:
    """The clock column, with a smaller clock where it would be higher than `height`."""
    column = _clock_of(sheet, stage, width, "clock")
    return _clock_of(sheet, stage, width, "time") if 0 < height < column.height else column


def _clock_of(sheet: Sheet, stage: Stage, width: int, size: TypeSize) -> Column:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    column = Column(sheet, Box(0, 0, width, 0), "centre" if m.portrait else "left")
    px = m.type(size)
    if stage.simulated and m.portrait:
        width_px = frame.chip_width(sheet)
        column.add(m.u(4.5), lambda box: frame.chip(sheet, box.middle(width_px, box.h)))
    column.add(
        round(fonts.cap_height("display", px) * 1.18), lambda box: _time(sheet, stage, box, px), m.u(1.5)
    )
    column.text(words.date(stage.now), theme.ink, ("title", "body"), "text", gap=m.u(2))
    if stage.view.clock.source == "none":
        _unsure(sheet, column, width)
    return column


def _time(sheet: Sheet, stage: Stage, box: Box, px: int) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    hours, seconds, zone = f"{stage.now:%H:%M}", f"{stage.now:%S}", stage.view.site.zone
    main = fonts.width(hours, "display", px)
    small: TypeSize = "display" if px > m.type("time") else "title"
    widest = max(fonts.width(second, "display", m.type(small)) for second in SECONDS)
    side = max(widest, fonts.width(zone, "strong", m.type("body")))
    line = box.middle(main + m.u(1.5) + side, box.h) if m.portrait else box
    big, rest = line.cut_left(main, m.u(1.5))
    upper, lower = rest.cut_left(side)[0].rows(2)
    trusted = stage.view.clock.source != "none"
    sheet.lines(big, (hours,), theme.ink if trusted else theme.muted, px, "display")
    sheet.lines(upper, (seconds,), theme.muted, m.type(small), "display")
    sheet.line(lower, zone, theme.muted, "body", "strong")


def _unsure(sheet: Sheet, column: Column, width: int) -> None:
    m, tone, words = sheet.look.metrics, sheet.look.theme.unsure, sheet.look.words
    inner = Column(sheet, Box(0, 0, width - m.u(9.5), 0))
    inner.text(words("clock.unsure"), tone.on, ("body", "label"), "strong")
    inner.text(words("clock.unsure.hint"), tone.on, ("label",), rows=2)

    def place(box: Box) -> None:
        sheet.fill(box, tone.fill, m.u(1.5))
        mark, rest = box.inset(m.u(2), m.u(1.25)).cut_left(m.u(4), m.u(1.5))
        sheet.icon(mark, "question_clock", tone.on)
        inner.lay_in(rest)

    column.add(inner.height + m.u(2.5), place, m.u(2.5))


def _prompt(sheet: Sheet, stage: Stage, area: Box) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    sheet.fill(area, theme.surface, m.u(2.5))
    inner = area.inset(m.u(2.5), m.u(2))
    broken = _broken(stage.view.devices)
    if broken:
        _trouble(sheet, stage, inner, broken)
        return
    kinds = [device.kind for device in stage.view.devices]
    kind = next((k for k in _PROMPTS if k in kinds), "reader")
    column = Column(sheet, inner, "centre")
    column.text(words(_PROMPTS[kind]), theme.ink, ("title", "body"), "strong", rows=2)
    if kind == "reader":
        seen = any(d.kind == "camera" and d.status == "ready" for d in stage.view.devices)
        hint = words("idle.hint_camera" if seen else "idle.hint")
        column.text(hint, theme.muted, ("label",), rows=2, gap=m.u(0.5))
    picture = inner.h - column.height - m.u(2.5)
    width = min(inner.w, round(picture / height_of(1000) * 1000), m.u(24))
    drawing = Column(sheet, inner, "centre")
    drawing.add(height_of(width), lambda box: _picture(sheet, stage, box.middle(width, box.h), kind))
    drawing.add(column.height, column.lay_in, gap=m.u(2.5))
    drawing.lay()


def _picture(sheet: Sheet, stage: Stage, box: Box, kind: str) -> None:
    theme = sheet.look.theme
    if kind == "reader":
        sheet.items.append(Fingerprint(box, theme.ridge, theme.accent, stage.glow))
    else:
        sheet.icon(box, "camera" if kind == "camera" else "id", theme.accent)


def _broken(devices: tuple[DeviceView, ...]) -> DeviceView | None:
    return next((device for device in devices if device.status == "fault"), None)


def _trouble(sheet: Sheet, stage: Stage, inner: Box, device: DeviceView) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    others = any(d.status == "ready" for d in stage.view.devices)
    small: TypeSize = "body" if m.portrait else "label"
    column = Column(sheet, inner, "left")
    column.add(m.u(6), lambda box: sheet.icon(box.cut_left(m.u(6))[0], "plug", theme.bad.ink))
    column.text(
        words(f"trouble.{device.kind}"), theme.bad.ink, ("title", "body"), "strong", rows=2, gap=m.u(1.5)
    )
    column.text(words(words.known("cause", device.cause)), theme.ink, ("body",), rows=3, gap=m.u(1))
    column.text(words(words.known("remedy", device.cause)), theme.muted, (small,), rows=3, gap=m.u(1))
    way = "way.others" if others else "way.operator"
    column.text(words(way), theme.ink, (small,), "strong", rows=3, gap=m.u(1.5))
    column.lay()


def _footer(sheet: Sheet, area: Box, cells: list[Cell], *, stacked: bool) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    sheet.fill(Box(area.x, area.y, area.w, max(1, m.u(0.15))), theme.line)
    places = area.rows(len(cells)) if stacked else area.columns(len(cells), m.u(2))
    for cell, place in zip(cells, places, strict=True):
        mark, rest = place.cut_left(m.u(3.5), m.u(1.5))
        sheet.icon(mark.middle(m.u(3.5), m.u(3.5)), cell.icon, cell.colour)
        px = m.type("body" if stacked else "label")
        if stacked:
            width = fonts.width(cell.value, "strong", m.type("body"))
            value, label = rest.cut_right(width, m.u(1))
            sheet.line(label, _fitting(cell.labels, px, label.w), theme.muted, "body")
            sheet.line(value, cell.value, theme.ink, "body", "strong", "right")
        else:
            column = Column(sheet, rest)
            column.text(_fitting(cell.labels, px, rest.w), theme.muted, ("label",))
            column.text(cell.value, theme.ink, ("body", "label"), "strong")
            column.lay()


def _fitting(labels: tuple[str, ...], px: int, width: int) -> str:
    return next((text for text in labels if fonts.width(text, "text", px) <= width), labels[-1])


def _cells(sheet: Sheet, stage: Stage) -> list[Cell]:
    theme, words, view = sheet.look.theme, sheet.look.words, stage.view
    return [_device_cell(sheet, view.devices), _link_cell(sheet, stage), Cell(
        "people", (words("today.label"),), words("today.count", n=view.today), theme.accent
    )]  # fmt: skip


def _device_cell(sheet: Sheet, devices: tuple[DeviceView, ...]) -> Cell:
    theme, words = sheet.look.theme, sheet.look.words
    if not devices:
        return Cell("plug", (words("device.reader"),), words("device.none"), theme.bad.ink)
    worst = min(devices, key=lambda device: (_WORST.index(device.status), _FIRST.index(device.kind)))
    colours = {"fault": theme.bad.ink, "starting": theme.late.ink, "ready": theme.ok.ink}
    ready = "camera" if worst.kind == "camera" else "finger"
    icons = {"fault": "plug", "starting": "waiting", "ready": ready}
    return Cell(
        icons[worst.status],
        (words(f"device.{worst.kind}"),),
        words(f"status.{worst.status}"),
        colours[worst.status],
    )


def _link_cell(sheet: Sheet, stage: Stage) -> Cell:
    theme, words, link = sheet.look.theme, sheet.look.words, stage.view.link
    labels: tuple[str, ...] = (words("link.label"),)
    value = words(f"link.{link.status}")
    if link.backlog:
        waiting = words("link.backlog", n=link.backlog)
        labels = (f"{labels[0]} · {waiting}", waiting)
    if link.status == "online":
        return Cell("online", labels, value, theme.ok.ink)
    icon = "offline" if link.status in ("off", "offline", "refused") else "waiting"
    return Cell(icon, labels, value, theme.bad.ink if link.status == "refused" else theme.late.ink)
