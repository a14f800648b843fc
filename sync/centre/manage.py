"""The commands by which an operator decides: `hadir-centre approve` and `reject`."""

from __future__ import annotations

import click

from sync.centre import devices
from sync.centre.cli import Context, now_ms
from sync.centre.devices import KeyState


@click.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when several wait.")
@click.pass_obj
def approve(context: Context, device: str, prefix: str) -> None:
    """Let DEVICE deliver (its id, or tenant/id)."""
    _decide(context, device, prefix, "approved")


@click.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when it has several.")
@click.pass_obj
def reject(context: Context, device: str, prefix: str) -> None:
    """Take nothing from DEVICE (its id, or tenant/id)."""
    _decide(context, device, prefix, "rejected")


def _decide(context: Context, device: str, prefix: str, state: KeyState) -> None:
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
    click.echo(f"{name} {state} with key {sign_key}")


COMMANDS = (approve, reject)
