"""docs/centre.md: every command on it exists, and everything `status` can complain of is explained."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.postgres import Server
from sync.centre import intake
from sync.centre.main import main
from tests.sync.rig import MOSQUITTO, free_port, until

PAGE = (Path(__file__).parents[2] / "docs" / "centre.md").read_text(encoding="utf-8")

# Packages must be there already; the role `postgres` is whoever began the tests' own server.
SUDO = """#!/bin/sh -e
[ "$1" != apt-get ] || { shift 2; exec dpkg-query -W "$@"; }
[ "$1" != -u ] || shift 2
exec "$@"
"""


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


@pytest.mark.slow
def test_the_quick_start_with_mosquitto_and_postgresql(tmp_path: Path, postgres: Server) -> None:
    """The block as it stands, but for where things are: `sudo` and the paths are put elsewhere."""
    block = PAGE.partition("## With Mosquitto")[2].partition("```sh\n")[2].partition("```")[0]
    shims = tmp_path / "bin"
    shims.mkdir()
    (shims / "sudo").write_text(SUDO, encoding="utf-8")
    (shims / "sudo").chmod(0o755)
    port = free_port()
    script = block.replace("/var/lib/hadir-centre", str(tmp_path / "centre"))
    script = script.replace("host=/var/run/postgresql", f"host={postgres.root}\\&user=hadir-centre")
    script = script.replace(
        "hadir-centre run", f"sed -i 's/^port = .*/port = {port}/' centre.toml\nexec hadir-centre run"
    )
    environment = {
        "PATH": f"{shims}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PGHOST": str(postgres.root), "PGUSER": "hadir",
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(("bash", "-e", "-c", script), env=environment, stdout=out, stderr=out)
    try:
        conf = tmp_path / "mosquitto.conf"
        conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="ascii")
        with log.open("ab") as out:
            listening = subprocess.Popen((str(MOSQUITTO), "-c", str(conf)), stdout=out, stderr=out)
        try:
            until(lambda: log.read_text(encoding="utf-8").count("receiving") == 2, 60.0)
        finally:
            listening.kill()
            listening.wait()
    finally:
        process.terminate()
        process.wait()
    assert process.returncode == 0, log.read_text(encoding="utf-8")


def test_every_fault_on_the_page_of_faults_is_a_test() -> None:
    tests = Path(__file__).parents[1]
    code = "".join(file.read_text(encoding="utf-8") for file in tests.rglob("test_*.py"))
    named = re.findall(
        r"`(test_\w+)`", (tests.parent / "docs" / "faults-sync.md").read_text(encoding="utf-8")
    )
    assert len(named) > 25
    assert [name for name in named if f"def {name}(" not in code] == []
