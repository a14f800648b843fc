"""`kioskctl config check`, `kioskctl policy check` and `explain`: files before the daemon reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.ctl import words
from kiosk.ctl.config_set import password, set_value
from kiosk.ctl.day import iso_day
from kiosk.ctl.errors import CtlError, UnreachableError
from kiosk.ctl.session import common, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.core.api import Reloaded

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
@common
def config() -> None:
    """Check and change a kiosk.toml."""


@click.group()
@common
def policy() -> None:
    """Check a policy file; explain what it makes of a day."""


config.add_command(set_value)
config.add_command(password)


@config.command("reload")
@common
def reload() -> None:
    """Have kioskd read kiosk.toml, policy and calendar again, and say what counts now and what waits.

    At once count the policy, the calendar, screen.language, everything of [sync] but which centre it is or
    that there is none, [camera], and of [face] engine, models_dir, liveness, false_accept and
    calibration_file. The rest waits for `systemctl restart kioskd`. A file with faults changes nothing.
    """
    from kiosk.core import api

    here = session()
    done = here.ask(api.Reload(), api.Reloaded)
    here.show(done, lambda: _say_reloaded(done))


def _say_reloaded(done: Reloaded) -> None:
    click.echo("counts from now on: " + (", ".join(done.applied) or "nothing new"))
    if done.waiting:
        click.echo(f"waits for a restart: {', '.join(done.waiting)}; systemctl restart kioskd")


@config.command("check")
@click.argument("file", type=FILE)
@common
def check_config(file: Path) -> None:
    """Check the kiosk.toml FILE; every fault at once, with its line."""
    from kiosk.core.config_file import read_config

    _check(file, read_config, "the configuration is sound")


@policy.command("check")
@click.argument("file", type=FILE)
@common
def check_policy(file: Path) -> None:
    """Check the policy FILE; every fault at once, with its line.

    Where kioskd answers, the people it names are looked for among those who were entered.
    """
    from kiosk.core import api
    from kiosk.core.policy_file import read_policy

    def known(number: str) -> bool:
        found = client.ask(api.GetPeople(search=number, limit=10), api.People)
        return any(person.number == number for person in found.people)

    try:
        with session().client() as client:
            _check(file, lambda text, name: read_policy(text, name, known), "the policy is sound")
    except UnreachableError:
        _check(file, read_policy, "the policy is sound")
        click.echo("the people it may name were not looked for: kioskd does not run here", err=True)


@policy.command()
@click.argument("number")
@click.argument("day")
@common
def explain(number: str, day: str) -> None:
    """What the rules make of NUMBER's DAY (2026-03-02), line by line."""
    from kiosk.core import desk

    here = session()
    done = here.ask(desk.Explain(number=number, day=iso_day(day)), desk.Explained)
    here.show(done, lambda: click.echo("\n".join(done.lines)))


@policy.command("check-calendar")
@click.argument("file", type=FILE)
@common
def check_calendar(file: Path) -> None:
    """Check the calendar FILE; every fault at once, with its line."""
    from kiosk.core.policy_file import read_calendar

    _check(file, read_calendar, "the calendar is sound")


def _check(file: Path, read: Callable[[str, str], object], praise: str) -> None:
    from kiosk.core.checked import BadFileError, read_text

    here = session()
    try:
        read(read_text(file.read_bytes(), str(file)), str(file))
    except BadFileError as error:
        faults = [{"line": f.line, "key": f.key, "message": f.message} for f in error.faults]
        if not here.as_json:
            raise CtlError(
                "bad_file", str(error), f"mend {words.many(len(faults), 'fault')} and check again"
            ) from error
        here.show({"sound": False, "faults": faults}, lambda: None)
        click.get_current_context().exit(1)
    here.show({"sound": True, "faults": []}, lambda: click.echo(f"{file}: {praise}"))
