"""`kioskctl presence`: call a presence check, see who confirmed and who did not."""

from __future__ import annotations

import click

from kiosk.core import api, desk
from kiosk.ctl.session import common, session


@click.group()
@common
def presence() -> None:
    """Presence checks."""


@presence.command()
@click.option("--window", "window_s", type=click.IntRange(5, 7200), default=600, show_default=True)
@click.option("--unit", default="", help="Only this unit.")
@common
def call(window_s: int, unit: str) -> None:
    """Ask everybody to confirm now, within WINDOW seconds."""
    here = session()
    done = here.ask(desk.CallPresence(window_s=window_s, unit=unit), api.Done)
    here.show(done, lambda: click.echo(f"called; open for {window_s} s"))


@presence.command("list")
@click.option("--day", default="", help="YYYY-MM-DD; today when left out.")
@common
def list_(day: str) -> None:
    """The checks of a day."""
    here = session()
    found = here.ask(desk.GetPresence(day=day), desk.PresenceList)
    here.show(found, lambda: _say(found))


def _say(found: desk.PresenceList) -> None:
    for check in found.checks:
        state = "open" if check.open else "closed"
        click.secho(f"{check.called_local}  by {check.by}, {check.window_s} s, {state}", bold=True)
        for title, names in (
            ("confirmed", check.confirmed), ("excused", check.excused), ("NOT confirmed", check.rest)
        ):  # fmt: skip
            click.echo(f"  {title}: {', '.join(names) or 'nobody'}")
