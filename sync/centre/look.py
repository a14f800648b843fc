"""The commands that only look: `hadir-centre status`, `devices`, `gaps`, `punches`, `verify`, `export`."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click
import msgspec

from sync.centre import reports
from sync.centre.cli import Context, json_option, read, show
from sync.centre.export import export as export_lines
from sync.centre.store import Tx
from sync.centre.verify import verify as verify_all


@click.command()
@json_option
@click.pass_obj
def devices(context: Context, as_json: bool) -> None:
    """List devices, those waiting for approval first."""
    rows = read(context, reports.devices)
    show(rows, as_json, ("tenant", "device", "state", "status", "site", "software", "key"))


@click.command()
@json_option
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """Everything worth knowing first, and what to do about it."""
    report = read(context, reports.status)
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    click.echo(f"records {report.records}, punches {report.punches}, provisional {report.provisional}")
    show(report.devices, False, ("tenant", "device", "state", "status", "site"))
    show(report.ledgers, False, ("ledger_id", "device", "seq", "standing", "reason", "only_here", "forked"))
    show(report.refusals, False, ("device", "reason", "count", "detail"))
    for problem in report.problems:
        click.secho(f"! {problem}", fg="red")


@click.command()
@json_option
@click.pass_obj
def gaps(context: Context, as_json: bool) -> None:
    """What is known to exist and has not come yet."""
    columns = ("tenant", "device", "ledger_id", "first", "last", "known_from")
    show(read(context, reports.gaps), as_json, columns)


@click.command()
@click.option("--limit", default=50, show_default=True)
@json_option
@click.pass_obj
def punches(context: Context, limit: int, as_json: bool) -> None:
    """The newest punches."""
    rows = read(context, lambda tx: reports.punches(tx, limit))
    show(rows, as_json, ("device", "seq", "number", "name", "wall_ms", "code", "direction", "provisional"))


@click.command()
@json_option
@click.pass_obj
def verify(context: Context, as_json: bool) -> None:
    """Check every stored record, chain and signature; exits 1 when something does not hold."""
    rows = read(context, verify_all)
    show(rows, as_json, ("ledger_id", "records", "signed_upto", "fault"))
    if any(row.fault for row in rows):
        sys.exit(1)


@click.command()
@click.argument("file", type=click.File("wb"))
@click.option("--device", default="", help="Only this device's ledgers (its id, or tenant/id).")
@click.option("--no-private", is_flag=True, help="Leave names, numbers and notes out.")
@click.pass_obj
def export(context: Context, file: BinaryIO, device: str, no_private: bool) -> None:
    """Write ledgers to FILE (- for standard output) as JSON lines that docs/verify_ledger.py checks."""

    def write(tx: Tx) -> int:
        return sum(file.write(line) > 0 for line in export_lines(tx, device, privates=not no_private))

    click.echo(f"{read(context, write)} lines written", err=True)


COMMANDS = (status, devices, gaps, punches, verify, export)
