"""What a release holds, and that the documents tell the truth about installing it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from kiosk.install.locked import BUILT, runtime_lock, tools_lock, wanted_by, wheel_name, with_built
from kiosk.install.release import read_release
from tests.house.test_lock import locked, wanted
from tests.house.tracked import ROOT
from tests.install.bundles import checkout
from tests.install.steps import install_steps

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
ONLY_FOR_DEVELOPERS = {"mypy", "pytest", "ruff", "hypothesis", "import-linter", "amqtt", "pytest-xdist"}


def runtime() -> set[str]:
    return set(NAME.findall(runtime_lock(LOCK, wanted_by(ROOT / "setup.cfg"))))


def test_a_kiosk_gets_what_it_runs_and_no_tools_of_ours() -> None:
    assert not ONLY_FOR_DEVELOPERS & runtime()
    assert {"dlib-bin", "pyzk", "paho-mqtt", "pygame-ce", "cffi", "pip"} <= runtime()
    assert runtime() < set(locked())
    assert len(wanted()) > len(wanted_by(ROOT / "setup.cfg"))


def test_every_stanza_keeps_its_hashes() -> None:
    text = runtime_lock(LOCK, wanted_by(ROOT / "setup.cfg"))
    for stanza in re.findall(r"^[A-Za-z0-9][^\n]*\n(?:[ \t][^\n]*\n)*", text, re.MULTILINE):
        assert stanza in LOCK
        assert "--hash=sha256:" in stanza
    assert NAME.findall(tools_lock(LOCK)) == ["pip", "setuptools"]


def test_a_wheel_that_was_built_for_a_bundle_counts_by_its_own_hash_too(tmp_path: Path) -> None:
    assert with_built(LOCK, tmp_path) == LOCK
    (tmp_path / BUILT).write_text(
        f"{wheel_name(Path('face_recognition_models-0.3.0-any.whl'))} {'ab' * 32}\n"
    )
    before, after = LOCK.splitlines(), with_built(LOCK, tmp_path).splitlines()
    (added,) = [number for number, line in enumerate(after) if line == f"    --hash=sha256:{'ab' * 32} \\"]
    assert after[added - 1].startswith("face-recognition-models==")
    assert after[:added] + after[added + 1 :] == before


def test_a_release_is_named_after_what_is_in_it(tmp_path: Path) -> None:
    same, other = checkout(tmp_path / "same", "0.1.0"), checkout(tmp_path / "other", "0.1.0")
    assert read_release(same) == read_release(other)
    with (other / "kiosk/core/rules.py").open("a") as file:
        file.write("\n")
    assert read_release(same).name != read_release(other).name


@pytest.mark.parametrize("document", ["docs/install.md", "README.md"])
def test_the_documents_install_with_the_same_commands_at_most_three(document: str) -> None:
    steps = install_steps(document)
    assert steps == install_steps("docs/install.md")
    assert len(steps) <= 3


def test_scripts_are_shell_that_parses() -> None:
    scripts = [*(ROOT / "scripts").glob("*.sh"), *(ROOT / "packaging").glob("*.sh"),
               ROOT / "systemd/kiosk-ui-display", ROOT / ".ci/run"]  # fmt: skip
    for script in scripts:
        subprocess.run(("sh", "-n", str(script)), check=True)


def test_make_knows_the_targets_of_the_documents() -> None:
    text = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^    (?:sudo )?make ([a-z-]+)", text, re.MULTILINE))
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert targets
    assert targets <= rules
