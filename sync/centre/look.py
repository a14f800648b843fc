"""The commands that only look: `hadir-centre status`, `devices`, `gaps`, `punches`, `verify`, `export`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO

import click
import msgspec

from sync.centre import reports
from sync.centre.cli import Context, json_option, limit_option, read, show
from sync.centre.export import export as export_lines
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
    columns = ("ledger_id", "device", "seq", "standing", "reason", "only_here", "followed", "forked")
    show(report.ledgers, False, columns)
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
@limit_option(default=50)
@json_option
@click.pass_obj
def punches(context: Context, limit: int, as_json: bool) -> None:
    """The newest punches."""
    rows = read(context, lambda tx: reports.punches(tx, limit))
    columns = (
        "device", "seq", "number", "name", "time=true_ms", "time_source", "code", "direction", "provisional",
    )  # fmt: skip
    show(rows, as_json, columns, context.config().zone)


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
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--device", default="", help="Only this device's ledgers (its id, or tenant/id).")
@click.option("--no-private", is_flag=True, help="Leave names, numbers and notes out.")
@json_option
@click.pass_obj
def export(context: Context, file: str, device: str, no_private: bool, as_json: bool) -> None:
    """Write ledgers to FILE (- for standard output) as JSON lines that docs/verify_ledger.py checks."""
    if as_json and file == "-":
        raise click.UsageError("the lines themselves go to standard output: name a FILE")
    with click.open_file(file, "wb") as out:
        lines = read(context, lambda tx: _written(out, export_lines(tx, device, privates=not no_private)))
    if as_json:
        click.echo(msgspec.json.encode({"file": file, "lines": lines}))
    else:
        click.echo(f"{lines} lines written", err=True)


def _written(file: IO[bytes], lines: Iterable[bytes]) -> int:
    return sum(file.write(line) > 0 for line in lines)


COMMANDS = (status, devices, gaps, punches, verify, export)
