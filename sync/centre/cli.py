"""What the commands of `hadir-centre` share: the configuration, the database, the tables they print."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk.core.checked import BadFileError
from kiosk.core.zone import local
from sync.centre.config import CentreConfig, load
from sync.centre.keys import CentreKey, KeyFileError, load_key
from sync.centre.store import Store, StoreError, Tx
from sync.centre.stores import open_store

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
limit_option = partial(
    click.option, "--limit", type=click.IntRange(1), show_default=True, help="At most so many, the newest."
)
_AS_JSON = "hadir.as_json"


def now_ms() -> int:
    """UTC in milliseconds."""
    return time.time_ns() // 1_000_000


class Commands(click.Group):
    """With --json what goes wrong is one document on standard output too, shaped as kioskctl's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether a program asks."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a file that cannot be read or written is an error in words, too."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            _document(ctx, error)
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            failed = click.ClickException(str(error))
            _document(ctx, failed)
            raise failed from error


def _document(ctx: click.Context, error: click.ClickException) -> None:
    if ctx.meta[_AS_JSON]:
        code = "usage" if isinstance(error, click.UsageError) else "failed"
        document = {"code": code, "message": error.format_message(), "hint": ""}
        click.echo(msgspec.json.encode({"error": document}))


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

    def key(self) -> CentreKey:
        """The centre's signing key."""
        try:
            return load_key(Path(self.config().key_file))
        except KeyFileError as error:
            raise click.ClickException(str(error)) from error

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database; whatever it cannot do ends the program with its words."""
        config = self.config()
        try:
            store = open_store(config)
            try:
                yield store
            finally:
                store.close()
        except StoreError as error:
            raise click.ClickException(f"the database: {error}") from error


def read(context: Context, ask: Callable[[Tx], Any]) -> Any:
    """The answer to one question, from one consistent view."""
    with context.store() as store, store.reading() as tx:
        return ask(tx)


def say(answer: object, as_json: bool, words: str) -> None:
    """What a command did: one document, or words for a person."""
    click.echo(msgspec.json.encode(answer) if as_json else words)


def show(rows: Sequence[msgspec.Struct], as_json: bool, columns: Sequence[str], zone: str = "") -> None:
    """The rows as JSON, or as a table of `columns`: a field, or `head=field`.

    A person is shown moments (`..._ms`) as the local date and time in `zone`.
    """
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    named = [(head or field, field) for head, _, field in (column.rpartition("=") for column in columns)]
    table = [[head for head, _ in named], *[[_cell(row, field, zone) for _, field in named] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(row: msgspec.Struct, field: str, zone: str) -> str:
    value = getattr(row, field)
    if not field.endswith("_ms"):
        return str(value)
    return "" if value is None else f"{local(value, zone):%Y-%m-%d %H:%M:%S}"
