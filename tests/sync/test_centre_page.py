"""docs/centre.md: every command on it exists, and everything `status` can complain of is explained."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from sync.centre import intake
from sync.centre.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "centre.md").read_text(encoding="utf-8")


def test_every_command_exists_with_its_options() -> None:
    lines = re.findall(r"^hadir-centre (.*)$", PAGE, re.MULTILINE)
    assert len(lines) >= 9
    for line in lines:
        name, *rest = line.split()
        shown = CliRunner().invoke(main, [name, "--help"])
        assert shown.exit_code == 0, line
        assert all(word in shown.output for word in rest if word.startswith("-")), line


def test_every_command_is_on_the_page() -> None:
    assert [name for name in main.commands if f"hadir-centre {name}" not in PAGE] == []


def test_every_reason_for_quarantine_is_explained() -> None:
    folder = Path(intake.__file__).parent
    code = "".join((folder / name).read_text(encoding="utf-8") for name in ("intake.py", "links.py"))
    for reason in ("fork", "continued", "link_mismatch"):
        assert f'"{reason}"' in code
        assert f"QUARANTINED ({reason})" in PAGE
