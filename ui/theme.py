"""Colours: a light theme for the day and a night theme that does not glare. WCAG AA is tested, not hoped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Colour = tuple[int, int, int]
ToneName = Literal["ok", "late", "out", "note", "unsure", "bad", "help", "guide"]
ThemeName = Literal["light", "night"]


def rgb(text: str) -> Colour:
    """`#0A5C50` as a colour."""
    value = int(text.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


@dataclass(frozen=True)
class Tone:
    """What a state looks like: `fill` behind `on` (text, icons), `ink` for it on plain ground."""

    fill: Colour
    on: Colour
    ink: Colour


@dataclass(frozen=True)
class Theme:
    """All colours of a screen, by role."""

    ground: Colour
    surface: Colour
    ink: Colour
    muted: Colour
    line: Colour
    accent: Colour
    on_accent: Colour
    ridge: Colour
    ok: Tone
    late: Tone
    out: Tone
    note: Tone
    unsure: Tone
    bad: Tone
    help: Tone
    guide: Tone

    def tone(self, name: ToneName) -> Tone:
        """The tone of that name."""
        tone: Tone = getattr(self, name)
        return tone


def _tone(fill: str, on: str, ink: str) -> Tone:
    return Tone(rgb(fill), rgb(on), rgb(ink))


LIGHT = Theme(
    ground=rgb("#F3F5F1"),
    surface=rgb("#FFFFFF"),
    ink=rgb("#10201C"),
    muted=rgb("#4E605A"),
    line=rgb("#D9E0DB"),
    accent=rgb("#0B5A4E"),
    on_accent=rgb("#FFFFFF"),
    ridge=rgb("#5F9C8D"),
    ok=_tone("#0E6B4A", "#FFFFFF", "#0E6B4A"),
    late=_tone("#F2A93B", "#2B1A00", "#8A4B00"),
    out=_tone("#1D4E89", "#FFFFFF", "#1D4E89"),
    note=_tone("#3C4A57", "#FFFFFF", "#3C4A57"),
    unsure=_tone("#5A4387", "#FFFFFF", "#5A4387"),
    bad=_tone("#A31D2B", "#FFFFFF", "#A31D2B"),
    help=_tone("#9A4A12", "#FFFFFF", "#9A4A12"),
    guide=_tone("#0B5A4E", "#FFFFFF", "#0B5A4E"),
)

NIGHT = Theme(
    ground=rgb("#0B1211"),
    surface=rgb("#141E1C"),
    ink=rgb("#E4ECE9"),
    muted=rgb("#9BAEA8"),
    line=rgb("#27342F"),
    accent=rgb("#63CBB2"),
    on_accent=rgb("#05201A"),
    ridge=rgb("#3E7E70"),
    ok=_tone("#0D4331", "#A6F0CF", "#74D8AC"),
    late=_tone("#573B08", "#FFD894", "#F0BC62"),
    out=_tone("#163A63", "#B9D8FF", "#8FBEF5"),
    note=_tone("#2B363F", "#D3DFE8", "#B4C3CE"),
    unsure=_tone("#3A2C5C", "#D9CBFF", "#BFABF2"),
    bad=_tone("#621720", "#FFC6C8", "#FF9B9F"),
    help=_tone("#562C0E", "#FFD0AC", "#F2A873"),
    guide=_tone("#0E4239", "#B6F1E2", "#63CBB2"),
)

THEMES: dict[ThemeName, Theme] = {"light": LIGHT, "night": NIGHT}


def contrast(a: Colour, b: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` (0 to 1) of `b` in it."""
    r, g, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, blue


def _luminance(colour: Colour) -> float:
    r, g, b = (_linear(channel / 255) for channel in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
