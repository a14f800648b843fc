"""What all commands share: where kioskd is, how to print, and the options every command takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from kiosk.core import api
from kiosk.ctl.client import ANSWER_S, Client

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

SYSTEM_SOCKET = Path("/run/hadir/control.sock")
DEMO_SOCKET = Path("demo-data/control.sock")


@dataclass
class Session:
    """One run of kioskctl."""

    socket: Path | None = None
    as_json: bool = False

    def client(self) -> Client:
        """A connection to kioskd. Raises `UnreachableError`."""
        return Client(self.socket or self.usual_socket())

    def ask(
        self,
        command: api.Command,
        answer: type[T],
        *,
        on_event: Callable[[Any], None] | None = None,
        answer_s: float = ANSWER_S,
    ) -> T:
        """Give kioskd one command and wait for its answer, as `Client.ask` does."""
        with self.client() as client:
            return client.ask(command, answer, on_event=on_event, answer_s=answer_s)

    def show(self, answer: object, in_words: Callable[[], None]) -> None:
        """Print the one JSON document, or call `in_words` to say it to a person."""
        if self.as_json:
            click.echo(msgspec.json.encode(answer))
        else:
            in_words()

    def usual_socket(self) -> Path:
        """Where kioskd is, when nobody says so."""
        if named := os.environ.get("HADIR_SOCKET"):
            return Path(named)
        if not SYSTEM_SOCKET.exists() and DEMO_SOCKET.exists():
            if not self.as_json:
                click.echo(f"(the demo in ./{DEMO_SOCKET.parent})", err=True)
            return DEMO_SOCKET
        return SYSTEM_SOCKET


def session() -> Session:
    """The session of the command that runs."""
    found = click.get_current_context().find_object(Session)
    if found is None:
        raise click.UsageError("this is a command of kioskctl")
    return found


def common(command: F) -> F:
    """Give a command the options that may stand before or after its name."""
    command = click.option(
        "--json", is_flag=True, expose_value=False, callback=_set_json, help="Print one JSON document."
    )(command)
    return click.option(
        "--socket",
        type=click.Path(readable=False, path_type=Path),
        expose_value=False,
        callback=_set_socket,
        help="kioskd's control socket.  [default: $HADIR_SOCKET, /run/hadir/control.sock, the demo's]",
    )(command)


def _set_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.ensure_object(Session).as_json |= value


def _set_socket(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).socket = value
