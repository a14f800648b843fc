"""Short sounds, synthesised at start; without an audio device the kiosk is simply quiet."""

from __future__ import annotations

import array
import logging
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pygame

from kiosk.core.view import Card

SoundName = Literal["ok", "late", "repeat", "refused", "fault", "step", "call"]
RATE_HZ = 22_050
BUFFER_FRAMES = 1024
_ATTACK_S, _OVERTONE = 0.006, 0.22
# (frequency in Hz, start and length in seconds) of each note
SCORES: Mapping[SoundName, tuple[tuple[float, float, float], ...]] = {
    "ok": ((784.0, 0.0, 0.16), (1174.7, 0.09, 0.32)),
    "late": ((784.0, 0.0, 0.18), (587.3, 0.14, 0.34)),
    "repeat": ((880.0, 0.0, 0.09), (880.0, 0.14, 0.12)),
    "refused": ((220.0, 0.0, 0.18), (196.0, 0.2, 0.3)),
    "fault": (
        (659.3, 0.0, 0.16), (523.3, 0.17, 0.16), (392.0, 0.34, 0.16), (659.3, 0.55, 0.16), (392.0, 0.72, 0.3),
    ),
    "step": ((1046.5, 0.0, 0.1),),
    "call": tuple((hz, at, 0.4) for at in (0.0, 0.9, 1.8) for hz in (659.3, 880.0)),
}  # fmt: skip
_ENROLMENT: Mapping[str, SoundName] = {"place": "step", "lift": "step", "again": "step", "saved": "ok"}
_OTHERS: Mapping[str, SoundName] = {
    "repeat": "repeat", "not_stored": "fault", "greeting": "step", "ambiguous": "repeat",
}  # fmt: skip
log = logging.getLogger(__name__)


def samples(name: SoundName) -> array.array[int]:
    """The sound as signed 16-bit mono at `RATE_HZ`."""
    score = SCORES[name]
    length = max(start + long for _, start, long in score)
    mixed = [0.0] * round(length * RATE_HZ)
    for frequency, start_s, long_s in score:
        first = round(start_s * RATE_HZ)
        for i in range(min(round(long_s * RATE_HZ), len(mixed) - first)):
            mixed[first + i] += _note(frequency, i / RATE_HZ, long_s)
    return array.array("h", (round(max(-1.0, min(1.0, value)) * 20_000) for value in mixed))


def sound_for(card: Card) -> SoundName:
    """Which sound tells the outcome of a card."""
    if card.kind == "taken":
        return "late" if card.code in ("late", "early_leave") else "ok"
    if card.kind == "enrol":
        return _ENROLMENT.get(card.code, "refused")
    return _OTHERS.get(card.kind, "refused")


class Speaker:
    """Plays the sounds, if it can."""

    def __init__(self) -> None:
        self._sounds: dict[SoundName, pygame.mixer.Sound] = {}
        if not _outputs():
            log.warning("no sound: this machine has no audio output")
            return
        try:
            pygame.mixer.init(RATE_HZ, -16, 1, BUFFER_FRAMES, allowedchanges=0)
        except pygame.error as error:
            log.warning("no sound: %s", error)
            return
        self._sounds = {name: pygame.mixer.Sound(buffer=samples(name)) for name in SCORES}

    @property
    def audible(self) -> bool:
        """Whether there is an audio device."""
        return bool(self._sounds)

    def play(self, name: SoundName) -> None:
        """Start a sound; whatever sounds now gives way."""
        if self._sounds:
            pygame.mixer.stop()
            self._sounds[name].play()


def _outputs() -> bool:
    # Asked first because ALSA fills the log with its own lines when there is no card.
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    servers = (runtime / "pulse" / "native", runtime / "pipewire-0")
    chosen = "SDL_AUDIODRIVER" in os.environ or "PULSE_SERVER" in os.environ
    return chosen or any(Path("/dev/snd").glob("pcm*p")) or any(server.exists() for server in servers)


def _note(frequency: float, at_s: float, long_s: float) -> float:
    wave = math.sin(2 * math.pi * frequency * at_s) + _OVERTONE * math.sin(4 * math.pi * frequency * at_s)
    attack = min(1.0, at_s / _ATTACK_S)
    left_s = long_s - at_s
    return 0.5 * wave * attack * math.exp(-3.2 * at_s / long_s) * min(1.0, left_s / _ATTACK_S)
