"""`kioskctl seal`: the day's seal, to be kept where nobody who has the kiosk can reach it."""

from __future__ import annotations

import click

from kiosk.core.courier import GetSeal, SealOut
from kiosk.ctl import words
from kiosk.ctl.day import iso_day
from kiosk.ctl.session import common, session


@click.command()
@click.option("--day", default="", metavar="YYYY-MM-DD", help="Another day's.  [default: today's, so far]")
@common
def seal(day: str) -> None:
    """The day's records in one signed line: how many, first, last, and the hash that fixes them.

    Keep it away from the kiosk. `hadir-centre seal verify TEXT` and `kioskctl ledger verify --against FILE`
    compare it with the ledger.
    """
    here = session()
    made = here.ask(GetSeal(day=iso_day(day) if day else ""), SealOut)

    def say() -> None:
        click.echo(
            f"{made.day}: {words.many(made.count, 'record')}, {made.first} to {made.last}, "
            f"ledger {made.ledger_id[:8]}",
            err=True,
        )
        click.echo(made.text)

    here.show(made, say)
