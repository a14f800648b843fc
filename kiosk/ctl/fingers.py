"""`kioskctl fingers`: what is enrolled, and taking it away."""

from __future__ import annotations

import click

from kiosk.core import api
from kiosk.ctl.session import common, session


@click.group()
@common
def fingers() -> None:
    """Remove enrolled fingers."""


@fingers.command()
@click.argument("number")
@click.argument("finger", type=click.Choice(api.FINGERS), metavar="FINGER")
@common
def remove(number: str, finger: str) -> None:
    """Delete FINGER (e.g. right-index) of the person with NUMBER from sensor and vault."""
    here = session()
    done = here.ask(api.RemoveFinger(number=number, finger=finger), api.Done)
    here.show(done, lambda: click.echo(done.message or "removed"))
