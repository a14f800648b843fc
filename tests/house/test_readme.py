"""The README says only what is so: commands, targets, links and the people in its examples exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from kiosk.demo.people import PEOPLE
from sync.centre.main import main as centre
from tests.ctl.test_technician_doc import parse, words_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]
LINKS = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
CTL = [line for line in LINES if "kioskctl" in line.split()[:2][-1] or line.startswith(".venv/bin/kioskctl")]
CENTRE = [line for line in LINES if line.startswith("hadir-centre")]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?(?:sudo )?make ([a-z-]+)", README))))
def test_a_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", CTL)
def test_a_kioskctl_command_exists(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_of(line.removeprefix("sudo "))
    monkeypatch.chdir(tmp_path)
    for file in [word for word in words if word.endswith((".toml", ".csv")) and "/" not in word]:
        Path(file).touch()
    assert parse(words)


@pytest.mark.parametrize("line", CENTRE)
def test_a_centre_command_exists(line: str) -> None:
    assert isinstance(centre, click.Group)
    assert words_of(line)[0] in centre.commands


def test_the_example_is_a_person_of_the_demo() -> None:
    assert re.search(r"emulate finger (\S+)", README)[1] in {person.number for person in PEOPLE}  # type: ignore[index]


def test_the_two_commands_are_the_first_thing_to_type() -> None:
    assert [line.split("#")[0].strip() for line in LINES[:2]] == ["make run", "make test"]
