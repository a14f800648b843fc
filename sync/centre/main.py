"""`hadir-centre`: the central receiver, and what it can tell about what it holds."""

from __future__ import annotations

import logging
from pathlib import Path

import click
import sdnotify

from sync.centre import answering, courier_commands, down_cli, look, manage
from sync.centre.cli import Commands, Context, json_option, now_ms, say
from sync.centre.keys import KeyFileError, make_key
from sync.centre.service import serve
from sync.centre.store import StoreError

CONFIG_NAME = "centre.toml"
CONFIG_TEXT = """\
# The centre's configuration; every key with its default. Paths are beside this file.
database = "centre.db"        # a SQLite file, or "postgresql://hadir@host/hadir"
database_password_file = ""   # PostgreSQL's password, in a file of its own
key_file = "centre.key"
auto_approve = false          # true: a device's first key is approved unseen (demonstrations only)
metrics = ""                  # "127.0.0.1:9464": figures for Prometheus
zone = "WIB"                  # or WITA, WIT: whose days the reports count

[broker]
host = "127.0.0.1"
port = 1883
protocol = "auto"             # "5", "3.1.1" or "auto"
shared = true                 # false for brokers without shared subscriptions: then one process only
group = "hadir-centre"
"""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
@json_option
def init(directory: Path, as_json: bool) -> None:
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
    words = f'{config} written. In each kiosk\'s kiosk.toml, under [sync]:\ncentre_key = "{key.public_hex}"'
    say({"config": str(config), "centre_key": key.public_hex}, as_json, words)


@main.command()
@click.option("-v", "--verbose", is_flag=True)
@click.pass_obj
def run(context: Context, verbose: bool) -> None:
    """Receive until SIGTERM."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        serve(context.config(), context.key(), now_ms, sdnotify.SystemdNotifier().notify)
    except StoreError as error:
        raise click.ClickException(f"the database: {error}") from error


@main.command()
@json_option
@click.pass_obj
def key(context: Context, as_json: bool) -> None:
    """Print the public key that kiosks must know."""
    public = context.key().public_hex
    say({"centre_key": public}, as_json, public)


for command in (
    *look.COMMANDS, *manage.COMMANDS, *courier_commands.COMMANDS, *answering.COMMANDS, *down_cli.COMMANDS,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    main()
