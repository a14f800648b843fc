"""What a hint tells the technician to type exists."""

import re
from pathlib import Path

import click
import pytest

from kiosk.ctl.main import COMMANDS, cli

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for part in ("drivers", "kiosk", "sync", "ui", "config")
    for path in (ROOT / part).rglob("*.[pt][yo]*")
]
NAMED = sorted(
    {
        (str(path.relative_to(ROOT)), found[1], found[2] or "")
        for path in SOURCES
        if path.suffix in (".py", ".toml")
        for found in re.finditer(r"[`:]\s?kioskctl ([a-z-]+)(?: ([a-z]+))?", path.read_text(encoding="utf-8"))
    }
)


def test_the_sources_name_commands() -> None:
    assert len(NAMED) > 10


@pytest.mark.parametrize(("path", "name", "child"), NAMED)
def test_a_command_that_a_source_names_exists(path: str, name: str, child: str) -> None:
    assert name in COMMANDS, path
    command = cli.get_command(click.Context(cli), name)
    if isinstance(command, click.Group) and child:
        assert child in command.list_commands(click.Context(command)), path
