"""Which database a configuration means."""

from __future__ import annotations

from pathlib import Path

from sync.centre.config import CentreConfig, is_url
from sync.centre.store import Store, StoreError
from sync.centre.store_sqlite import SqliteStore


def open_store(config: CentreConfig) -> Store:
    """A connection of its own to the database. Raises `StoreError`."""
    if not is_url(config.database):
        return SqliteStore(Path(config.database))
    from sync.centre.store_postgres import PostgresStore

    return PostgresStore(config.database, _password(config.database_password_file))


def _password(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").strip() if name else ""
    except OSError as error:
        raise StoreError(f"{name}: {error.strerror}") from error
