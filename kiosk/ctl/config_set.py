"""`kioskctl config set` and `config password`: one value of a kiosk.toml changed, the rest as it was."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

if TYPE_CHECKING:
    from kiosk.core.checked import Fault
    from kiosk.core.toml_edit import Value

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PASSWORD_FILE = "mqtt.password"


@click.command("set")
@click.argument("file", type=FILE)
@click.argument("key")
@click.argument("value")
@common
def set_value(file: Path, key: str, value: str) -> None:
    """Set KEY (sync.port, reader[1].port) in the kiosk.toml FILE to VALUE.

    `kioskctl config reload` makes it count. Comments and everything else stay. A value that the key cannot
    have is refused.
    """
    changed = _set(file, key, value)
    words = f"{key} = {value}; now: kioskctl config reload" if changed else f"{key} is {value} already"
    session().show({"changed": changed}, lambda: click.echo(words))


@click.command()
@click.argument("file", type=FILE)
@common
def password(file: Path) -> None:
    """Put the broker's password for the kiosk of FILE into its place; it is asked for, or read from stdin."""
    from kiosk.core.checked import read_text
    from kiosk.core.config_file import read_config
    from kiosk.ctl.atomic import Owned, write_atomically

    config = read_config(read_text(file.read_bytes(), str(file)), str(file))
    if not config.sync.username:
        hint = f"first: kioskctl config set {file} sync.username NAME"
        raise CtlError("bad_file", "a password needs a username", hint)
    secret = (
        click.prompt("Password", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    )
    state = Path(config.state_dir)
    target = state / (config.sync.password_file or PASSWORD_FILE)
    owner = (target if target.exists() else state).stat()
    write_atomically(target, secret.strip().encode() + b"\n", Owned(0o600, owner.st_uid, owner.st_gid))
    if not config.sync.password_file:
        _set(file, "sync.password_file", str(target))
    session().show(
        {"file": str(target)}, lambda: click.echo(f"{target}: written; kioskd uses it when it connects next")
    )


def _set(file: Path, key: str, value: str) -> bool:
    """Whether the file had to be changed."""
    from kiosk.core.checked import read_text
    from kiosk.core.toml_edit import CannotEditError, parse_path, with_value
    from kiosk.ctl.atomic import write_atomically

    text = read_text(file.read_bytes(), str(file))
    try:
        path = parse_path(key)
        tried = [(with_value(text, path, meant), meant) for meant in _meanings(value)]
    except CannotEditError as error:
        raise CtlError("bad_request", f"{key}: {error}", f"edit {file} by hand") from error
    reasons: list[Fault] = []
    for new, _ in tried:
        wrong = [fault for fault in _faults(new, str(file)) if fault.key in ("", key)]
        if not wrong:
            if new != text:
                write_atomically(file, new.encode())
            return new != text
        reasons += wrong
    raise CtlError("bad_request", reasons[0].message, "every key and what it may be: config/kiosk.toml")


def _meanings(value: str) -> list[Value]:
    """What somebody who typed `value` may have meant: text, or what TOML reads in it."""
    meanings: list[Value] = [value]
    try:
        meanings.append(tomllib.loads(f"x = {value}")["x"])
    except tomllib.TOMLDecodeError:
        return meanings
    return meanings


def _faults(text: str, name: str) -> list[Fault]:
    from kiosk.core.checked import BadFileError
    from kiosk.core.config_file import read_config

    try:
        read_config(text, name)
    except BadFileError as error:
        return error.faults
    return []
