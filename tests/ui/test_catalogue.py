"""Every word exists in both languages, for every code that can reach the screen."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from drivers.base import errors
from drivers.r307.library import REFUSALS
from kiosk.core.rules import Code, Direction
from kiosk.core.view import DeviceKind, DeviceStatus, LinkStatus
from ui.catalogue import CATALOGUE, PARTS
from ui.screens.result import VERDICTS
from ui.strings import LANGUAGES, Language, words

UI = Path(__file__).parents[2] / "ui"
SOURCES = [path for path in UI.rglob("*.py") if path.parent.name != "catalogue"]
NOT_PUNCHES = {"closed", "inactive"}
OF_NO_FINGER = {"empty_slot", "wrong_password", "password_required", "flash_error"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_it_with_the_same_placeholders(key: str) -> None:
    bahasa, english = CATALOGUE[key]
    one, _, many = english.partition("|")
    assert bahasa.strip()
    assert one.strip()
    assert placeholders(bahasa) == placeholders(one)
    assert not many or placeholders(many) == placeholders(one)


def test_no_key_stands_in_two_parts() -> None:
    assert sum(len(part) for part in PARTS) == len(CATALOGUE)


def test_every_verdict_has_words_and_a_look() -> None:
    for code in set(get_args(Code)) - NOT_PUNCHES:
        assert f"verdict.{code}" in CATALOGUE
        assert code in VERDICTS


def test_every_refusal_of_the_rules_has_words() -> None:
    assert set(get_args(Code)) >= NOT_PUNCHES
    assert all(f"refused.{code}" in CATALOGUE for code in NOT_PUNCHES)


def test_every_poor_image_of_the_reader_has_words_and_a_remedy() -> None:
    for reason, _ in REFUSALS.values():
        if reason not in OF_NO_FINGER:
            assert f"poor.{reason}" in CATALOGUE
            assert words("id").numbered(f"poor.{reason}")


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("link", get_args(LinkStatus)),
        ("status", get_args(DeviceStatus)),
        ("device", get_args(DeviceKind)),
        ("trouble", get_args(DeviceKind)),
        ("direction", get_args(Direction)),
    ],
)
def test_every_code_of_the_view_has_words(group: str, codes: tuple[str, ...]) -> None:
    assert [code for code in codes if f"{group}.{code}" not in CATALOGUE] == []


def test_every_device_error_has_a_cause_and_a_remedy() -> None:
    causes = {kind.__name__.lower() for kind in errors.DeviceError.__subclasses__()}
    assert causes
    assert {cause for cause in causes if f"cause.{cause}" not in CATALOGUE} == set()
    assert {cause for cause in causes if f"remedy.{cause}" not in CATALOGUE} == set()


def test_every_key_the_screens_name_exists() -> None:
    named = set()
    for path in SOURCES:
        if path.name == "samples.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= set(re.findall(r"^[a-z_]+\.[a-z_0-9.]*[a-z_0-9]$", node.value))
    files = {name for name in named if name.endswith((".sock", ".otf", ".ttf"))}
    assert named - files - set(CATALOGUE) == set()


def test_no_word_is_kept_that_nothing_says() -> None:
    source = "".join(path.read_text() for path in SOURCES)
    groups = set(re.findall(r'"([a-z_]+)[".]', source)) | set(re.findall(r'f"([a-z_]+)\.', source))
    assert {key.partition(".")[0] for key in CATALOGUE} - groups == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_code_still_has_words(language: Language) -> None:
    say = words(language)
    for group in ("verdict", "refused", "poor", "cause", "remedy", "fault"):
        assert say(say.known(group, "from_the_future"), duration="") != ""
