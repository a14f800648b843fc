"""`kioskctl rebuild`: make every derived table again from the ledger."""

from __future__ import annotations

import click

from kiosk.core import api
from kiosk.ctl import words
from kiosk.ctl.session import common, session

REBUILD_S = 900.0


@click.command()
@common
def rebuild() -> None:
    """Rebuild every table from the ledger.

    Says whether people, fingers or punches came out different.
    """
    here = session()
    done = here.ask(api.Rebuild(), api.Rebuilt, answer_s=REBUILD_S)
    here.show(done, lambda: _say(done))


def _say(done: api.Rebuilt) -> None:
    people, punches = (
        words.many(done.people, "person", "people"),
        words.many(done.punches, "punch", "punches"),
    )
    click.echo(f"{words.many(done.records, 'record')} replayed: {people}, {punches}")
    if done.differences:
        click.echo(f"{words.many(done.differences, 'row')} differed from before and are right now")
    else:
        click.echo("everything came out as it was")
