"""The commands by which an operator decides: `hadir-centre approve`, `reject`, `settle`, `rebuild`."""

from __future__ import annotations

import click

from sync.centre import devices
from sync.centre import settle as settling
from sync.centre.cli import Context, json_option, now_ms, say, show
from sync.centre.devices import KeyState
from sync.centre.rebuild import rebuild as rebuild_tables


@click.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when several wait.")
@json_option
@click.pass_obj
def approve(context: Context, device: str, prefix: str, as_json: bool) -> None:
    """Let DEVICE deliver (its id, or tenant/id)."""
    _decide(context, device, prefix, "approved", as_json)


@click.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when it has several.")
@json_option
@click.pass_obj
def reject(context: Context, device: str, prefix: str, as_json: bool) -> None:
    """Take nothing from DEVICE (its id, or tenant/id)."""
    _decide(context, device, prefix, "rejected", as_json)


def _decide(context: Context, device: str, prefix: str, state: KeyState, as_json: bool) -> None:
    with context.store() as store, store.writing() as tx:
        found = [
            (name, sign_key)
            for name, sign_key, now in devices.keys_like(tx, device)
            if sign_key.startswith(prefix) and now != state
        ]
        if not found:
            raise click.ClickException(f"no key of {device} to be {state}; see `hadir-centre devices`")
        if len(found) > 1:
            keys = ", ".join(f"{name} {sign_key[:16]}" for name, sign_key in found)
            raise click.ClickException(f"several keys: {keys}; name one with --key")
        name, sign_key = found[0]
        devices.decide(tx, name, sign_key, state, now_ms())
    made = {"tenant": name.tenant, "device": name.device, "key": sign_key, "state": state}
    say(made, as_json, f"{name} {state} with key {sign_key}")


@click.command()
@click.argument("ledger")
@click.option("--keep", type=int, help="The number of the branch that stands; without it they are listed.")
@click.option("--because", default="", help="Why, in words that are kept and signed.")
@json_option
@click.pass_obj
def settle(context: Context, ledger: str, keep: int | None, because: str, as_json: bool) -> None:
    """Decide which of the histories of a quarantined LEDGER stands. The others are kept."""
    key = context.key()
    with context.store() as store, store.writing() as tx:
        try:
            if keep is None:
                found = settling.branches(tx, ledger)
            elif not because.strip():
                raise click.UsageError("say --because why: it is kept and signed")
            else:
                found = [settling.settle(tx, ledger, keep, because.strip(), key, now_ms())]
        except settling.CannotSettleError as error:
            raise click.ClickException(str(error)) from error
    if keep:
        click.echo(
            "now run `hadir-centre rebuild`: reports hold names and corrections of the other one", err=True
        )
    columns = ("number", "first", "last", "signed", "begins=first_ms", "ends=last_ms", "head")
    show(found, as_json, columns, context.config().zone)


@click.command()
@json_option
@click.pass_obj
def rebuild(context: Context, as_json: bool) -> None:
    """Make the reports' tables anew from the records; deliveries wait meanwhile."""
    with context.store() as store, store.writing() as tx:
        total = rebuild_tables(tx, now_ms())
    say({"records": total}, as_json, f"{total} records replayed")


COMMANDS = (approve, reject, settle, rebuild)
