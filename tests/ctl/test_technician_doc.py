"""docs/technician.md says only what is so: each command exists, each sample is what is printed."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from kiosk.core import api
from kiosk.ctl.main import COMMANDS, cli
from tests.ctl.conftest import Ran
from tests.ctl.samples import STATUS, punch
from tests.ctl.serving import Canned

DOC = (Path(__file__).parents[2] / "docs" / "technician.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
LINES = [
    line.removeprefix("sudo ")
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith(("kioskctl", "sudo kioskctl"))
]
SAMPLES = re.findall(r"```console\n\$ kioskctl (.*?)\n(.*?)```", DOC, re.DOTALL)


def words_of(line: str) -> list[str]:
    """The arguments of one command of the page, without comment, pipe and redirection."""
    words = shlex.split(line, comments=True)[1:]
    ends = [words.index(mark) for mark in ("|", ">") if mark in words]
    return words[: min(ends)] if ends else words


def leaves(command: click.Command, name: str = "") -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from leaves(found, f"{name} {child}".strip())
    else:
        yield name


def parse(words: list[str]) -> str:
    """The name of the command that takes `words`; raises `click.UsageError` when none does."""
    command: click.Command = cli
    names = []
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no {words[0]}"
        command = found
        names.append(words[0])
        words = words[1:]
    command.make_context(command.name, list(words))
    return " ".join(names)


@pytest.mark.parametrize("line", LINES)
def test_a_command_on_the_page_is_one_that_kioskctl_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = []
    for word in words_of(line):
        is_file = ("." in word and "/" in word) or word.endswith((".csv", ".json", ".jsonl"))
        here = Path(Path(word).name)
        if is_file:
            here.touch()
        is_folder = word.startswith("/") and "." not in word
        if is_folder:
            here.mkdir(exist_ok=True)
        words.append(str(here) if is_file or is_folder else word)
    assert parse(words)


def test_the_page_leaves_no_command_out() -> None:
    assert {parse_name(line) for line in LINES} | {"status", "punches"} >= set(leaves(cli))


def parse_name(line: str) -> str:
    words = words_of(line)
    return next(
        name for name in sorted(leaves(cli), key=len, reverse=True) if " ".join(words).startswith(name)
    )


def test_the_samples_are_what_is_printed(kioskd: Canned, ctl: Callable[..., Ran]) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    kioskd.answers[api.GetPunches] = api.Punches((punch(2, 720, delivery="stored"), punch(1)), 7)
    assert [arguments.split()[0] for arguments, _ in SAMPLES] == ["status", "punches"]
    for arguments, expected in SAMPLES:
        assert ctl(*shlex.split(arguments)).out == expected


def test_the_overview_names_every_group(ctl: Callable[..., Ran]) -> None:
    assert {name.split()[0] for name in leaves(cli)} == set(COMMANDS)


ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"(?:`|\$ |^|sudo )kioskctl ([a-z-]+)(?: ([a-z-]+))?", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_a_command_that_a_page_names_exists(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))
    for name, child in named:
        assert name in COMMANDS, f"kioskctl {name}"
        command = cli.get_command(click.Context(cli), name)
        if isinstance(command, click.Group) and child:
            assert child in command.list_commands(click.Context(command)), f"kioskctl {name} {child}"
