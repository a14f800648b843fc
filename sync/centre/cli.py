"""What the commands of `hadir-centre` share: the configuration, the database, the tables they print."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk.core.checked import BadFileError
from sync.centre.config import CentreConfig, load
from sync.centre.keys import CentreKey, KeyFileError, load_key
from sync.centre.store import Store, StoreError, Tx
from sync.centre.stores import open_store

json_option = click.option("--json", "as_json", is_flag=True)


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


def show(rows: Sequence[msgspec.Struct], as_json: bool, columns: Sequence[str]) -> None:
    """The rows as JSON, or as a table of `columns`."""
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    table = [columns, *[[str(getattr(row, column)) for column in columns] for row in rows]]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
