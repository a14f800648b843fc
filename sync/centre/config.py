"""What `centre.toml` may say. Relative paths are beside the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.core.checked import read_toml


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class BrokerTable(_Table, frozen=True):
    """The broker; `shared = false` where it knows no shared subscriptions (then one process only)."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 1883
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    shared: bool = True
    group: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$")] = "hadir-centre"
    retry_max_s: Annotated[float, Meta(ge=1, le=3_600)] = 30.0


class CentreConfig(_Table, frozen=True):
    """The whole file. `database` is a SQLite file or a `postgresql://` URL, its password in a file.

    `metrics` is `host:port` for Prometheus, empty for none; `zone` is the zone of the reports' days.
    """

    database: str = "centre.db"
    database_password_file: str = ""
    metrics: Annotated[str, Meta(pattern=r"^(|.+:\d+)$")] = ""
    zone: Literal["WIB", "WITA", "WIT"] = "WIB"
    key_file: str = "centre.key"
    auto_approve: bool = False
    broker: BrokerTable = BrokerTable()


def is_url(database: str) -> bool:
    """Whether `database` names a PostgreSQL server rather than a file."""
    return database.startswith(("postgresql://", "postgres://"))


def load(path: Path) -> CentreConfig:
    """The configuration at `path`, its paths made absolute. Raises `BadFileError`, `OSError`."""
    config = read_toml(path.read_text(encoding="utf-8"), CentreConfig, str(path))
    beside = path.resolve().parent

    def placed(name: str) -> str:
        return str(beside / name) if name else ""

    broker = msgspec.structs.replace(
        config.broker,
        password_file=placed(config.broker.password_file),
        ca_file=placed(config.broker.ca_file),
    )
    return msgspec.structs.replace(
        config,
        database=config.database if is_url(config.database) else placed(config.database),
        database_password_file=placed(config.database_password_file),
        key_file=placed(config.key_file),
        broker=broker,
    )
