"""`hadir-centre`: the central receiver, and what it can tell about what it holds."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
import sdnotify

from kiosk.core.checked import BadFileError
from sync.centre import devices as device_rows
from sync.centre import reports
from sync.centre.config import CentreConfig, load
from sync.centre.courier_commands import courier, seal
from sync.centre.devices import KeyState
from sync.centre.keys import KeyFileError, load_key, make_key
from sync.centre.office import Office
from sync.centre.receiver import Receiver
from sync.centre.store import Store, StoreError, Tx
from sync.centre.stores import open_store
from sync.centre.verify import verify as verify_all

CONFIG_NAME = "centre.toml"
CONFIG_TEXT = """\
# The centre's configuration; every key with its default. Paths are beside this file.
database = "centre.db"
key_file = "centre.key"
auto_approve = false          # true: a device's first key is approved unseen (demonstrations only)

[broker]
host = "127.0.0.1"
port = 1883
protocol = "auto"             # "5", "3.1.1" or "auto"
shared = true                 # false for brokers without shared subscriptions: then one process only
group = "hadir-centre"
"""


def now_ms() -> int:
    """UTC in milliseconds."""
    return time.time_ns() // 1_000_000


class Context:
    """The configuration, read when a command first needs it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def config(self) -> CentreConfig:
        """The file's contents; ends the program with all its errors when it cannot be used."""
        try:
            return load(self.path)
        except BadFileError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            hint = "make one with `hadir-centre init DIR`, or name it with --config"
            raise click.ClickException(f"{self.path}: {error.strerror}; {hint}") from error

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database."""
        try:
            store = open_store(self.config())
        except StoreError as error:
            raise click.ClickException(str(error)) from error
        try:
            yield store
        finally:
            store.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "path", type=click.Path(path_type=Path), default=Path(CONFIG_NAME), show_default=True,
    envvar="HADIR_CENTRE_CONFIG", help="The centre's configuration.",
)  # fmt: skip
@click.pass_context
def main(context: click.Context, path: Path) -> None:
    """The central receiver of Hadir."""
    context.obj = Context(path)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make DIRECTORY with a configuration and a new signing key."""
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / CONFIG_NAME
    if config.exists():
        raise click.ClickException(f"{config} is there already; it is left as it is")
    try:
        key = make_key(directory / "centre.key")
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error
    config.write_text(CONFIG_TEXT, encoding="utf-8")
    click.echo(
        f'{config} written. In each kiosk\'s kiosk.toml, under [sync]:\ncentre_key = "{key.public_hex}"'
    )


@main.command()
@click.option("-v", "--verbose", is_flag=True)
@click.pass_obj
def run(context: Context, verbose: bool) -> None:
    """Receive until SIGTERM."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s"
    )
    config = context.config()
    key = _key(config)
    with context.store() as store:
        office = Office(store, key, now_ms, auto_approve=config.auto_approve)
        receiver = Receiver(config.broker, office, sdnotify.SystemdNotifier().notify)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: receiver.stop())
        receiver.run()


@main.command()
@click.pass_obj
def key(context: Context) -> None:
    """Print the public key that kiosks must know."""
    click.echo(_key(context.config()).public_hex)


@main.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def devices(context: Context, as_json: bool) -> None:
    """List devices, those waiting for approval first."""
    rows = _read(context, reports.devices)
    _show(rows, as_json, ("tenant", "device", "state", "status", "site", "software", "key"))


@main.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when several wait.")
@click.pass_obj
def approve(context: Context, device: str, prefix: str) -> None:
    """Let DEVICE deliver (its id, or tenant/id)."""
    _decide(context, device, prefix, "approved")


@main.command()
@click.argument("device")
@click.option("--key", "prefix", default="", help="The key's first digits, when it has several.")
@click.pass_obj
def reject(context: Context, device: str, prefix: str) -> None:
    """Take nothing from DEVICE (its id, or tenant/id)."""
    _decide(context, device, prefix, "rejected")


@main.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """Everything worth knowing first, and what to do about it."""
    report = _read(context, reports.status)
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    click.echo(f"records {report.records}, punches {report.punches}, provisional {report.provisional}")
    _show(report.devices, False, ("tenant", "device", "state", "status", "site"))
    _show(report.ledgers, False, ("ledger_id", "device", "seq", "standing", "reason", "only_here", "forked"))
    _show(report.refusals, False, ("device", "reason", "count", "detail"))
    for problem in report.problems:
        click.secho(f"! {problem}", fg="red")


@main.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def gaps(context: Context, as_json: bool) -> None:
    """What is known to exist and has not come yet."""
    _show(
        _read(context, reports.gaps),
        as_json,
        ("tenant", "device", "ledger_id", "first", "last", "known_from"),
    )


@main.command()
@click.option("--limit", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def punches(context: Context, limit: int, as_json: bool) -> None:
    """The newest punches."""
    rows = _read(context, lambda tx: reports.punches(tx, limit))
    _show(rows, as_json, ("device", "seq", "number", "name", "wall_ms", "code", "direction", "provisional"))


@main.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def verify(context: Context, as_json: bool) -> None:
    """Check every stored record, chain and signature; exits 1 when something does not hold."""
    rows = _read(context, verify_all)
    _show(rows, as_json, ("ledger_id", "records", "signed_upto", "fault"))
    if any(row.fault for row in rows):
        sys.exit(1)


def _key(config: CentreConfig) -> Any:
    try:
        return load_key(Path(config.key_file))
    except KeyFileError as error:
        raise click.ClickException(str(error)) from error


def _read(context: Context, ask: Callable[[Tx], Any]) -> Any:
    with context.store() as store, store.reading() as tx:
        return ask(tx)


def _decide(context: Context, device: str, prefix: str, state: KeyState) -> None:
    with context.store() as store, store.writing() as tx:
        found = [
            (name, sign_key)
            for name, sign_key, now in device_rows.keys_like(tx, device)
            if sign_key.startswith(prefix) and now != state
        ]
        if not found:
            raise click.ClickException(f"no key of {device} to be {state}; see `hadir-centre devices`")
        if len(found) > 1:
            keys = ", ".join(f"{name} {sign_key[:16]}" for name, sign_key in found)
            raise click.ClickException(f"several keys: {keys}; name one with --key")
        name, sign_key = found[0]
        device_rows.decide(tx, name, sign_key, state, now_ms())
    click.echo(f"{name} {state} with key {sign_key}")


def _show(rows: Sequence[msgspec.Struct], as_json: bool, columns: Sequence[str]) -> None:
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    table = [columns, *[[str(getattr(row, column)) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


main.add_command(courier)
main.add_command(seal)

if __name__ == "__main__":
    main()
