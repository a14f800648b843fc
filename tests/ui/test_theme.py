"""WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for icons and the parts of a control."""

from __future__ import annotations

import pytest

from ui.theme import THEMES, Theme, contrast, mix, rgb

TONES = ("ok", "late", "out", "note", "unsure", "bad", "help", "guide")


def text_pairs(theme: Theme) -> dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]]:
    pairs = {
        "ink on ground": (theme.ink, theme.ground),
        "ink on surface": (theme.ink, theme.surface),
        "ink on line": (theme.ink, theme.line),
        "muted on ground": (theme.muted, theme.ground),
        "muted on surface": (theme.muted, theme.surface),
        "on accent": (theme.on_accent, theme.accent),
        "pressed key": (theme.ink, mix(theme.line, theme.accent, 0.35)),
        "initials": (theme.accent, mix(theme.surface, theme.accent, 0.16)),
    }
    for name in TONES:
        tone = theme.tone(name)  # type: ignore[arg-type]
        pairs[f"on {name}"] = tone.on, tone.fill
        pairs[f"on badge of {name}"] = tone.on, mix(tone.fill, tone.on, 0.14)
        pairs[f"{name} ink on ground"] = tone.ink, theme.ground
        pairs[f"{name} ink on surface"] = tone.ink, theme.surface
    return pairs


@pytest.mark.parametrize("name", THEMES)
def test_text_has_enough_contrast(name: str) -> None:
    pairs = text_pairs(THEMES[name])  # type: ignore[index]
    poor = {what: round(contrast(*pair), 2) for what, pair in pairs.items() if contrast(*pair) < 4.5}
    assert poor == {}


@pytest.mark.parametrize("name", THEMES)
def test_graphics_have_enough_contrast(name: str) -> None:
    theme = THEMES[name]  # type: ignore[index]
    assert contrast(theme.ridge, theme.surface) >= 3
    assert contrast(theme.accent, theme.ridge) >= 1.5


def test_the_ratio_is_the_standards_own() -> None:
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#FFFFFF")) == pytest.approx(4.48, abs=0.01)


def test_the_tones_of_the_verdicts_can_be_told_apart() -> None:
    for theme in THEMES.values():
        fills = [theme.tone(name).fill for name in TONES]  # type: ignore[arg-type]
        assert len(set(fills)) == len(TONES)
