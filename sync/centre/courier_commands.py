"""`hadir-centre courier`: prepare sticks and take in what they bring; `seal`: judge a photographed seal."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from kiosk.core.seal import BadSealError, read_seal
from sync.centre.cli import Context, json_option, now_ms, say
from sync.centre.courier import Imported, Importer, prepare
from sync.centre.office import Office
from sync.centre.seals import judge
from sync.courier.stick import StickError

STICK = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def courier() -> None:
    """USB sticks between kiosks without a network and the centre."""


@courier.command("prepare")
@click.argument("path", type=STICK)
@click.option("--tenant", default="", help="Whose kiosks may write to it.  [default: the only one known]")
@json_option
@click.pass_obj
def prepare_stick(context: Context, path: Path, tenant: str, as_json: bool) -> None:
    """Make the stick mounted at PATH one that kiosks write to; what else is on it stays."""
    key = context.key()
    try:
        pairing = prepare(path, tenant or _only_tenant(context), key, now_ms())
    except StickError as error:
        raise click.ClickException(f"{error} ({error.code})") from error
    words = f"{path}: stick {pairing.stick[:8]} of {pairing.tenant}; plug it into a kiosk"
    say({"path": str(path), "stick": pairing.stick, "tenant": pairing.tenant}, as_json, words)


@courier.command("import")
@click.argument("path", type=STICK)
@json_option
@click.pass_obj
def import_stick(context: Context, path: Path, as_json: bool) -> None:
    """Take in every kiosk's export on the stick mounted at PATH, and leave each its receipt there.

    Importing twice stores once. Exits 1 when something could not be taken.
    """
    key, config = context.key(), context.config()
    with context.store() as store:
        office = Office(store, key, now_ms, auto_approve=config.auto_approve)
        try:
            done = Importer(store, office, key, now_ms).stick(path)
        except StickError as error:
            raise click.ClickException(f"{error} ({error.code})") from error
    if as_json:
        click.echo(msgspec.json.encode(done))
    elif not done:
        click.echo("no kiosk has written to this stick yet")
    for one in () if as_json else done:
        click.echo(said(one))
    sys.exit(any(one.fault or one.standing != "ok" for one in done))


@click.group()
def seal() -> None:
    """The seals that a kiosk shows as a QR code."""


@seal.command()
@click.argument("text")
@json_option
@click.pass_obj
def verify(context: Context, text: str, as_json: bool) -> None:
    """Hold a seal's TEXT (or - for standard input) against the records here.

    anchored: they are the ones that were sealed. signed_only: not all of them have come. differs,
    bad_signature, unknown_ledger: they are not. Exits 0, 3 and 1.
    """
    try:
        found = read_seal(sys.stdin.read(4_096) if text == "-" else text)
    except BadSealError as error:
        raise click.ClickException(str(error)) from error
    with context.store() as store, store.reading() as tx:
        report = judge(tx, found)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        click.echo(
            f"{report.verdict}: {report.tenant}/{report.device} {report.day}, {report.records} records"
        )
        click.echo(report.words)
    sys.exit({"anchored": 0, "signed_only": 3}.get(report.verdict, 1))


def said(one: Imported) -> str:
    """What became of an export, for whoever imported it."""
    who = f"{one.tenant}/{one.device}"
    if one.fault and one.upto:
        return f"{who}: taken, but the stick takes no receipt ({one.fault}): {one.words}"
    if one.fault:
        return f"{who}: NOT taken ({one.fault}): {one.words}"
    ends = ", ".join(f"{ledger_id[:8]} up to {upto}" for ledger_id, upto in one.upto)
    words = (
        f"{who}: {one.records} records, {one.photos} photos; {ends or 'nothing'} committed, receipt written"
    )
    return (
        words if one.standing == "ok" else f"{words}\n  {one.standing} {one.words}: see `hadir-centre status`"
    )


def _only_tenant(context: Context) -> str:
    with context.store() as store, store.reading() as tx:
        found = [row[0] for row in tx.all("SELECT DISTINCT tenant FROM device_keys ORDER BY tenant")]
    if len(found) != 1:
        raise click.ClickException(f"whose stick? name one with --tenant: {', '.join(found) or 'none known'}")
    return str(found[0])


COMMANDS = (courier, seal)
