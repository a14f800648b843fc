"""`kioskctl queue`: late entries from paper, and what waits for somebody's yes or no."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from kiosk.core import api, desk
from kiosk.ctl import words
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

LEAST_REASON = 3
PHOTO = click.Path(exists=True, dir_okay=False, path_type=Path)


def _in_words(_: click.Context, __: click.Parameter, text: str) -> str:
    if len(text) < LEAST_REASON:
        raise click.BadParameter("say it in words")
    return text


@click.group()
@common
def queue() -> None:
    """Late entries and special punches that wait for a validation, and punches that look wrong."""


@queue.command("list")
@common
def list_() -> None:
    """What waits, oldest first."""
    here = session()
    found = here.ask(desk.GetQueue(), desk.Queue)
    rows = [
        (
            str(r.seq),
            r.local,
            r.name,
            r.method,
            r.category,
            r.letter,
            r.note,
            ", ".join(r.evidence),
            ", ".join(words.FLAGS.get(flag, flag) for flag in r.flags),
        )
        for r in found.rows
    ]
    heads = ("record", "time", "name", "way", "category", "letter", "note", "photos", "look at")
    here.show(found, lambda: print_table(heads, rows, flexible=("name", "note", "letter")))


@queue.command()
@click.argument("number")
@click.argument("local")
@click.option("--reason", required=True, callback=_in_words, help="Why it is on paper.")
@click.option("--direction", type=click.Choice(("in", "out")), help="Only when the session does not say it.")
@click.option("--photo", type=PHOTO, help="Of the sheet, a JPEG.")
@common
def add(number: str, local: str, reason: str, direction: str | None, photo: Path | None) -> None:
    """Enter what stands on the attendance sheet for NUMBER at LOCAL: '2026-03-02 07:10'."""
    here = session()
    command = desk.PunchPaper(
        number=number, local=local, reason=reason, direction=direction or "none",  # type: ignore[arg-type]
        photo=base64.b64encode(photo.read_bytes()).decode() if photo else "",
    )  # fmt: skip
    done = here.ask(command, desk.Punched)
    here.show(done, lambda: click.echo(f"{done.name}: record {done.seq}, waits for a validation"))


@queue.command()
@click.argument("seq", type=int)
@click.option("--by", "actor", default="", help="Number of whoever decided.")
@click.option("--note", default="")
@common
def accept(seq: int, actor: str, note: str) -> None:
    """Accept record SEQ."""
    _decide(seq, actor, note, yes=True)


@queue.command()
@click.argument("seq", type=int)
@click.option("--by", "actor", default="", help="Number of whoever decided.")
@click.option("--note", default="")
@common
def reject(seq: int, actor: str, note: str) -> None:
    """Reject record SEQ; it stays in the ledger and counts for nothing."""
    _decide(seq, actor, note, yes=False)


def _decide(seq: int, actor: str, note: str, *, yes: bool) -> None:
    here = session()
    done = here.ask(desk.Validate(seq=seq, accept=yes, note=note, actor=actor), api.Done)
    here.show(done, lambda: click.echo(f"record {seq} {done.message}"))
