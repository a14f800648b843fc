"""What is spoken, and that speaking never holds the screen up."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.ui.xdisplay import eventually
from ui.samples import SAMPLES
from ui.speech import Voice, spoken
from ui.strings import words


def said_of(state: str, language: str = "id") -> str:
    view = SAMPLES[state]
    assert view
    assert view.card
    return spoken(words(language), view.card, "WIB")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("late", "Terlambat 7 menit"),
        ("repeat", "Sudah tercatat 06:52"),
        ("unknown", "Jari tidak dikenal. Tempelkan jari yang sama sekali lagi"),
        ("not_stored", "tidak tersimpan. Segera beri tahu operator"),
        ("enrol_lift", ""),
    ],
)
def test_the_verdict_is_spoken_and_no_name(state: str, text: str) -> None:
    assert said_of(state) == text


def test_the_next_thing_said_cuts_off_the_one_before(tmp_path: Path) -> None:
    program, heard = tmp_path / "speaker", tmp_path / "heard"
    program.write_text(f'#!/bin/sh\necho "$$ $*" >>{heard}\nexec sleep 600\n')
    program.chmod(0o755)
    voice = Voice(str(program))

    def lines() -> list[str]:
        return heard.read_text().splitlines() if heard.exists() else []

    voice.say("Tepat waktu", "id")
    eventually(lambda: len(lines()) == 1, "it speaks")
    voice.say("Late; $(reboot)", "en")
    eventually(lambda: len(lines()) == 2, "it says the next")
    first, second = (int(line.split()[0]) for line in lines())
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert lines()[1].endswith("-v en-us -s 150 -- Late; $(reboot)")
    began_s = time.monotonic()
    voice.hush()
    assert time.monotonic() - began_s < 60
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_without_the_program_it_is_quiet_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    voice = Voice(str(tmp_path / "nothing"))
    voice.say("Tepat waktu", "id")
    voice.say("Tepat waktu", "id")
    assert caplog.text.count("apt-get install espeak-ng") == 1
