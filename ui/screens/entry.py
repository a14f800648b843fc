"""Typing on the glass: a keypad for numbers and PINs, a keyboard for words."""

from __future__ import annotations

from functools import partial

from ui import fonts
from ui.box import Box
from ui.panes import Entry, Tile
from ui.screens import keys
from ui.screens.titled import titled
from ui.sheet import Column, Sheet
from ui.stage import Stage

DIGITS = "123456789"
QWERTY = ("qwertyuiop", "asdfghjkl-", "zxcvbnm./,")
ABC = "abcdefghijklmnopqrstuvwxyz-./"
SYMBOLS = "1234567890-./,:()&'+\"@#%*?!_=;"
DOT = "•"
_NIP = (8, 6, 1, 3)


def draw(sheet: Sheet, stage: Stage, entry: Entry) -> None:
    """Compose the question, the field and the keys."""
    area = titled(sheet, stage, entry.title)
    if entry.keys == "digits":
        _with_keypad(sheet, stage, area, entry)
    else:
        _with_keyboard(sheet, stage, area, entry)


def shown(entry: Entry) -> str:
    """What the field says: dots for a PIN, a NIP in its four parts."""
    if entry.secret:
        return DOT * len(entry.text)
    if entry.keys != "digits" or entry.most != 18:
        return entry.text
    parts, rest = [], entry.text
    for length in _NIP:
        parts.append(rest[:length])
        rest = rest[length:]
    return " ".join(part for part in parts if part)


def _with_keypad(sheet: Sheet, stage: Stage, area: Box, entry: Entry) -> None:
    m = sheet.look.metrics
    if m.portrait:
        height = min(area.h - m.u(20), 4 * max(m.touch, m.u(11)))
        pad, question = area.cut_bottom(height, m.u(2))
    else:
        pad, question = area.cut_right(max(3 * m.touch, round(area.w * 0.44)), m.u(3))
    column = Column(sheet, question)
    _question(sheet, stage, column, entry)
    column.lay("middle" if not m.portrait else "top")
    _keypad(sheet, stage, pad, entry)


def _question(sheet: Sheet, stage: Stage, column: Column, entry: Entry) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    column.text(words.of(entry.label), theme.ink, ("title", "body"), rows=2)
    column.add(m.u(8), lambda box: _field(sheet, box, entry), gap=m.u(1.5))
    if entry.problem:
        column.text(words.of(entry.problem), theme.bad.ink, ("body", "label"), "strong", rows=4, gap=m.u(1.5))
    if entry.other:
        column.add(max(m.touch, m.u(6)), partial(_other, sheet, stage, entry.other), gap=m.u(2))


def _other(sheet: Sheet, stage: Stage, tile: Tile, box: Box) -> None:
    keys.worded(sheet, stage, box, ("choose", tile.value), tile.icon, tile.text)


def _field(sheet: Sheet, box: Box, entry: Entry) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    sheet.fill(box, theme.bad.ink if entry.problem else theme.accent, m.u(1.2))
    edge = max(2, m.u(0.25))
    sheet.fill(box.inset(edge), theme.surface, m.u(1))
    inner = box.inset(m.u(1.5), m.u(0.5))
    text, px = shown(entry), m.type("title")
    if fonts.width(text, "strong", px) > inner.w - m.u(1):
        px = m.type("body")
    text = _tail(fonts.printable(text) if not entry.secret else text, px, inner.w - m.u(1))
    place, _ = inner.cut_left(min(inner.w, fonts.width(text, "strong", px)))
    sheet.lines(place, (text,), theme.ink, px, "strong")
    cursor = Box(place.right + max(1, m.u(0.25)), inner.y + m.u(1), max(2, m.u(0.3)), inner.h - m.u(2))
    sheet.fill(cursor, theme.accent)


def _tail(text: str, px: int, limit: int) -> str:
    """The end of `text`, where somebody types; its beginning gives way."""
    start = 0
    while start < len(text) and fonts.width(text[start:], "strong", px) > limit:
        start += 1
    return text[start:]


def _keypad(sheet: Sheet, stage: Stage, pad: Box, entry: Entry) -> None:
    rows = pad.rows(4)
    for number, digit in enumerate(DIGITS):
        _character(sheet, stage, rows[number // 3].columns(3)[number % 3], digit, digit)
    erase, zero, done = rows[3].columns(3)
    _icon_key(sheet, stage, erase, "erase")
    _character(sheet, stage, zero, "0", "0")
    _ok(sheet, stage, done, entry)


def _with_keyboard(sheet: Sheet, stage: Stage, area: Box, entry: Entry) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    columns = min(10, area.w // m.touch)
    lines = _lines(entry, columns)
    height = max(m.touch, min(m.u(9), (area.h - m.u(14)) // (len(lines) + 1)))
    board, top = area.cut_bottom(height * (len(lines) + 1), m.u(1))
    column = Column(sheet, top)
    said = entry.problem or entry.label
    column.text(words.of(said), theme.bad.ink if entry.problem else theme.muted, ("body", "label"), rows=1)
    column.add(max(m.touch, m.u(7)), lambda box: _field_and_ok(sheet, stage, box, entry), gap=m.u(0.5))
    column.lay("bottom")
    rows = board.rows(len(lines) + 1)
    for text, row in zip(lines, rows, strict=False):
        for character, box in zip(text, row.columns(columns), strict=False):
            _character(sheet, stage, box, character, character.upper())
    _bottom(sheet, stage, rows[-1], entry)


def _lines(entry: Entry, columns: int) -> list[str]:
    if not entry.symbols and columns == 10:
        return list(QWERTY)
    characters = SYMBOLS if entry.symbols else ABC
    return [characters[at : at + columns] for at in range(0, len(characters), columns)]


def _field_and_ok(sheet: Sheet, stage: Stage, box: Box, entry: Entry) -> None:
    m = sheet.look.metrics
    done, field = box.cut_right(max(m.touch, m.u(12)), m.u(1))
    _field(sheet, field, entry)
    _ok(sheet, stage, done, entry)


def _bottom(sheet: Sheet, stage: Stage, row: Box, entry: Entry) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    side = max(m.touch, round(row.w * 0.2))
    other, rest = row.cut_left(side)
    erase, space = rest.cut_right(side)
    ink = keys.key(sheet, stage, other, ("key", "symbols"))
    sheet.line(other, "ABC" if entry.symbols else "123", ink, "body", "strong", "centre")
    keys.key(sheet, stage, space, ("key", " "))
    bar = space.middle(space.w // 3, max(2, m.u(0.4)))
    sheet.fill(bar, theme.muted)
    _icon_key(sheet, stage, erase, "erase")


def _character(sheet: Sheet, stage: Stage, box: Box, value: str, text: str) -> None:
    ink = keys.key(sheet, stage, box, ("key", value))
    sheet.line(
        box, text, ink, "title" if len(DIGITS) and value in "0123456789" else "body", "strong", "centre"
    )


def _icon_key(sheet: Sheet, stage: Stage, box: Box, name: str) -> None:
    m = sheet.look.metrics
    ink = keys.key(sheet, stage, box, ("key", name))
    sheet.icon(box.middle(m.u(3.5), m.u(3.5)), name, ink)


def _ok(sheet: Sheet, stage: Stage, box: Box, entry: Entry) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    if entry.enough:
        ink = keys.key(sheet, stage, box, ("ok", "ok"), strong=True)
    else:
        sheet.fill(box.inset(m.u(0.4)), theme.ground, m.u(1.2))
        ink = theme.line
    sheet.icon(box.middle(m.u(3.5), m.u(3.5)), "check", ink)
