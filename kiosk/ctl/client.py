"""The other end of kioskd's control socket: one request, its events, its answer."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kiosk.address import address_of
from kiosk.core import api
from kiosk.ctl.errors import CtlError, RefusedError, UnreachableError

T = TypeVar("T")

ANSWER_S = 60.0
MAX_ANSWER_BYTES = 256 * 1024 * 1024


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str
    hint: str = ""


class _Reply(msgspec.Struct, frozen=True):
    id: int
    event: msgspec.Raw = msgspec.Raw()  # empty when absent
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


class Client:
    """A connection to kioskd. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises `UnreachableError`."""
        self._path = path
        self._last_id = 0
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(ANSWER_S)
        try:
            with address_of(path) as address:
                self._sock.connect(address)
        except OSError as error:
            self._sock.close()
            raise _unreachable(path, error) from error
        self._lines = self._sock.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._sock.close()

    def ask(
        self,
        command: api.Command,
        answer: type[T],
        *,
        on_event: Callable[[Any], None] | None = None,
        answer_s: float = ANSWER_S,
    ) -> T:
        """Give `command` and wait for its answer, at most `answer_s` between two lines.

        Raises `RefusedError` when kioskd says no, `UnreachableError` when it is gone.
        """
        self._sock.settimeout(answer_s)
        self._send(command)
        while True:
            reply = self._reply()
            if reply.error is not None:
                raise RefusedError(reply.error.code, reply.error.message, reply.error.hint)
            if result := bytes(reply.result):
                return _read(result, answer)
            if on_event is not None:
                on_event(_read(bytes(reply.event), dict))

    def _send(self, command: api.Command) -> None:
        self._last_id += 1
        line = msgspec.json.encode({"id": self._last_id, "do": command}) + b"\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the answer says why
            self._sock.sendall(line, socket.MSG_NOSIGNAL)

    def _reply(self) -> _Reply:
        while True:
            try:
                line = self._lines.readline(MAX_ANSWER_BYTES)
            except TimeoutError as error:
                hint = "look at `journalctl -u kioskd`; if it hangs: `systemctl restart kioskd`"
                raise CtlError("timeout", "kioskd did not answer in time", hint) from error
            except ConnectionError:
                line = b""
            if not line.endswith(b"\n"):
                hint = "it may be stopping: look at `systemctl status kioskd` and ask again"
                raise UnreachableError("kioskd hung up before it answered", hint)
            reply = _read(line, _Reply)
            if reply.id in (self._last_id, 0):
                return reply


def _read(raw: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=type_)
    except msgspec.DecodeError as error:
        hint = "kioskctl and kioskd are of different versions: install the same for both"
        raise CtlError("failed", f"kioskd's answer cannot be read: {error}", hint) from error


def _unreachable(path: Path, error: OSError) -> UnreachableError:
    if error.errno == errno.EACCES:
        return UnreachableError(
            f"you may not open {path}", "use sudo, or join the group in kiosk.toml's admin_group"
        )
    if error.errno == errno.ENOENT:
        hint = "start it: `systemctl start kioskd`; for a demo: `make run`; elsewhere: --socket PATH"
        return UnreachableError(f"kioskd is not running here: no {path}", hint)
    if error.errno == errno.ECONNREFUSED:
        return UnreachableError(f"nobody answers on {path}", "kioskd has died: `journalctl -u kioskd -n 50`")
    return UnreachableError(
        f"{path}: {error.strerror or error}", "is this kioskd's control socket? --socket PATH"
    )
