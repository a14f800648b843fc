"""`kioskctl absence`: leave, permission, sickness, field duty."""

from __future__ import annotations

import click

from kiosk.core import api, desk
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

KINDS = click.Choice(("leave", "permission", "sick", "field_duty"))


@click.group()
@common
def absence() -> None:
    """Leave, permission, sickness and field duty."""


@absence.command("list")
@click.option("--number", default="", help="Of one person.")
@common
def list_(number: str) -> None:
    """Absences with their notes."""
    here = session()
    found = here.ask(desk.GetAbsences(number=number), desk.Absences)
    rows = [(r.absence_id, r.first, r.last, r.half, r.kind, r.name, r.letter, r.note) for r in found.rows]
    heads = ("id", "first", "last", "half", "kind", "name", "letter", "note")
    here.show(found, lambda: print_table(heads, rows, flexible=("name", "note", "letter")))


@absence.command()
@click.argument("number")
@click.argument("kind", type=KINDS)
@click.argument("first")
@click.argument("last", required=False)
@click.option("--half", type=click.Choice(("morning", "afternoon")), help="Half a day only.")
@click.option("--letter", default="", help="Number of the letter.")
@click.option("--note", default="")
@common
def add(
    number: str, kind: str, first: str, last: str | None, half: str | None, letter: str, note: str
) -> None:
    """NUMBER is away from FIRST to LAST (dates such as 2026-03-02)."""
    here = session()
    command = desk.PutAbsence(
        number=number, kind=kind, first=first, last=last or first, half=half or "",  # type: ignore[arg-type]
        letter=letter, note=note,
    )  # fmt: skip
    done = here.ask(command, api.Done)
    here.show(done, lambda: click.echo(f"noted as {done.message}"))


@absence.command()
@click.argument("absence_id")
@common
def drop(absence_id: str) -> None:
    """Take back the absence ABSENCE_ID."""
    here = session()
    done = here.ask(desk.DropAbsence(absence_id=absence_id), api.Done)
    here.show(done, lambda: click.echo("taken back"))
