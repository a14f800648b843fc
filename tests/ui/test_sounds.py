"""Each outcome has a sound of its own, and silence harms nobody."""

from __future__ import annotations

from itertools import combinations

import pygame
import pytest

from ui import sounds
from ui.samples import SAMPLES


def test_the_sounds_are_distinct_and_short() -> None:
    made = {name: sounds.samples(name).tobytes() for name in sounds.SCORES}
    assert [(a, b) for a, b in combinations(made, 2) if made[a] == made[b]] == []
    assert all(0.05 < len(data) / 2 / sounds.RATE_HZ < 1.2 for name, data in made.items() if name != "call")


@pytest.mark.parametrize("name", sounds.SCORES)
def test_no_sound_clicks_or_clips(name: sounds.SoundName) -> None:
    wave = sounds.samples(name)
    assert abs(wave[0]) < 200
    assert abs(wave[-1]) < 400
    assert 5_000 < max(map(abs, wave)) < 32_767


@pytest.mark.parametrize(
    ("state", "sound"),
    [
        ("on_time", "ok"), ("out", "ok"), ("late", "late"), ("repeat", "repeat"), ("unknown", "refused"),
        ("too_dry", "refused"), ("inactive", "refused"), ("not_stored", "fault"), ("enrol_saved", "ok"),
        ("enrol_place", "step"), ("enrol_failed", "refused"), ("enrol_poor", "refused"),
    ],
)  # fmt: skip
def test_the_sound_of_a_card(state: str, sound: str) -> None:
    view = SAMPLES[state]
    assert view
    assert view.card
    assert sounds.sound_for(view.card) == sound


def test_without_an_audio_device_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no_such_driver")
    pygame.mixer.quit()
    speaker = sounds.Speaker()
    assert not speaker.audible
    speaker.play("ok")


def test_with_one_it_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    speaker = sounds.Speaker()
    assert speaker.audible
    speaker.play("ok")
    assert pygame.mixer.get_busy()
    pygame.mixer.quit()
