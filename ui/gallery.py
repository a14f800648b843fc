"""Pictures of the screen without a display: one state, or every state in every size, theme and language."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pygame

from ui.canvas import Canvas
from ui.metrics import Metrics
from ui.sample_panes import PANES
from ui.sample_shot import sample_shot
from ui.samples import MORNING, SAMPLES
from ui.screens import compose
from ui.stage import APPEAR_MS, Director, Stage
from ui.strings import LANGUAGES, Language
from ui.theme import THEMES, ThemeName

SIZES = ((800, 480), (1024, 600), (1280, 720), (600, 1024), (720, 1280))


def sample_stage(state: str, language: Language, theme: ThemeName) -> Stage:
    """The stage of a sample. Raises `KeyError` for a state that is not one."""
    director = Director(language, theme)
    view = SAMPLES[state]
    if view is not None:
        director.receive(msgspec.structs.replace(view, language=language, card=None), 0, MORNING)
        director.receive(msgspec.structs.replace(view, language=language), 0, MORNING)
    now_s, pane = APPEAR_MS / 1000 + 2, PANES.get(state)
    return director.stage(now_s, MORNING, pane=pane, shot=sample_shot())


def screenshot(state: str, metrics: Metrics, language: Language, theme: ThemeName) -> pygame.Surface:
    """A sample state on a surface of its own."""
    surface = pygame.Surface((metrics.width, metrics.height))
    Canvas(surface).show(compose(sample_stage(state, language, theme), metrics))
    return surface


def save_all(folder: Path) -> int:
    """Every state x size x theme x language as PNG files under `folder`; how many."""
    made = 0
    for width, height in SIZES:
        for theme in THEMES:
            for language in LANGUAGES:
                place = folder / f"{width}x{height}" / theme / language
                place.mkdir(parents=True, exist_ok=True)
                for state in SAMPLES:
                    picture = screenshot(state, Metrics(width, height), language, theme)
                    pygame.image.save(picture, place / f"{state}.png")
                    made += 1
    return made


def headless() -> None:
    """Get pygame ready to draw without any display."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    pygame.display.init()
    pygame.font.init()
