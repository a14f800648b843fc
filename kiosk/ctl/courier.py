"""`kioskctl courier`: what waits for a stick; export to one, read the receipt on one."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kiosk.core import api
from kiosk.core import courier as sticks
from kiosk.ctl import words
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

STICK = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
EXPORT_S = 150.0
"""Between two lines: kioskd itself gives a silent stick up before."""


@click.group()
@common
def courier() -> None:
    """USB sticks that carry the ledger where there is no network."""


@courier.command()
@common
def status() -> None:
    """What waits for a stick, and the last exports."""
    here = session()
    state = here.ask(sticks.GetCourier(), sticks.CourierState)
    here.show(state, lambda: _say(state))


@courier.command()
@click.argument("path", type=STICK, required=False)
@common
def export(path: Path | None) -> None:
    """Read the receipt on the stick mounted at PATH, then export to it; without PATH, the stick in the kiosk.

    What was exported counts as delivered only when a receipt of the centre says so.
    """
    _visit(sticks.CourierExport(path=str(path or "")))


@courier.command("import")
@click.argument("path", type=STICK, required=False)
@common
def import_receipt(path: Path | None) -> None:
    """Read the centre's receipt, rosters and commands on the stick at PATH; nothing is written to it."""
    if _visit(sticks.CourierImport(path=str(path or ""))).note:
        click.get_current_context().exit(api.EXIT_FAILED)


@courier.command()
@click.argument("path", type=STICK, required=False)
@common
def pair(path: Path | None) -> None:
    """Let this kiosk write to the stick at PATH, though no centre prepared it."""
    here = session()
    done = here.ask(sticks.CourierPair(path=str(path or "")), api.Done)
    here.show(done, lambda: click.echo(f"stick {done.message}: this kiosk may write to it"))


def _visit(command: sticks.CourierExport | sticks.CourierImport) -> sticks.CourierDone:
    here = session()
    done = here.ask(
        command, sticks.CourierDone, answer_s=EXPORT_S,
        on_event=lambda event: None if here.as_json else _progress(event),
    )  # fmt: skip
    here.show(done, lambda: _said(done))
    return done


def _progress(event: dict[str, int | str]) -> None:
    if event.get("of"):
        click.echo(f"\r{event['state']} {event['done']} / {event['of']}", nl=False, err=True)


def _said(done: sticks.CourierDone) -> None:
    click.echo("", err=True)
    if done.standing:
        click.echo(
            f"receipt: {words.many(done.accepted, 'record')} accepted, "
            f"{words.many(done.documents, 'document')}{'' if done.standing == 'ok' else f'; {done.standing}'}"
        )
    if done.note:
        click.echo(f"the receipt on it was not believed: {done.note}")
    if done.size_bytes:
        left = f"; {words.many(done.photos_left, 'photo')} did not fit" if done.photos_left else ""
        click.echo(
            f"exported: {words.many(done.records, 'record')}, {words.many(done.photos, 'photo')}, "
            f"{done.size_bytes:,} bytes{left}"
        )
    elif not done.standing and not done.note:
        click.echo("no receipt on it that was not read before")


def _say(state: sticks.CourierState) -> None:
    click.echo(
        f"waiting: {words.many(state.records, 'record')}, {words.many(state.photos, 'photo')}; "
        f"{words.number(state.exported)} of the records are on a stick"
    )
    if not state.centre_known:
        click.echo("the centre's key is not known: set centre_key under [sync] in kiosk.toml")
    where = f"{state.folder}: {'a stick is there' if state.present else 'no stick'}"
    click.echo(where if state.folder else "sticks are not looked for: set folder under [courier]")
    rows = [
        (
            time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(visit.at_ms // 1000)), visit.stick[:8],
            str(visit.records), str(visit.photos), f"{visit.size_bytes:,}",
            "accepted" if visit.answered else "no receipt yet",
        )
        for visit in state.visits
    ]  # fmt: skip
    if rows:
        print_table(("exported", "stick", "records", "photos", "bytes", "receipt"), rows, flexible=())
