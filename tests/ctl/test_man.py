"""The man page is made from the commands; completion scripts are what the shells take."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.ctl.main import cli
from kiosk.ctl.man import page
from tests.ctl.conftest import Ran
from tests.ctl.test_technician_doc import leaves

PAGE = Path(__file__).parents[2] / "docs" / "man" / "kioskctl.1"


def test_the_page_is_as_the_commands_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m kiosk.ctl.man >docs/man/kioskctl.1"


def test_the_page_names_every_command() -> None:
    text = page().replace("\\-", "-")
    for name in leaves(cli):
        assert f".B kioskctl {name}\n" in text


@pytest.mark.skipif(shutil.which("man") is None, reason="no man-db here")
def test_man_reads_it_without_a_complaint() -> None:
    done = subprocess.run(
        ("man", "--warnings", "-l", str(PAGE)), capture_output=True, text=True, check=True,
        env={"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.stderr == ""
    assert "kioskctl doctor" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_it_can_read(ctl: Callable[..., Ran], shell: str, tmp_path: Path) -> None:
    script = ctl("completion", shell).out
    assert "_KIOSKCTL_COMPLETE" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script, encoding="utf-8")
        subprocess.run((shell, "-n", str(tmp_path / "script")), check=True)
