"""Requests under way: each in a thread of its own, their answers handed back to the control thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Protocol

import msgspec

from kiosk.core import api
from kiosk.core.request import Request
from kiosk.daemon.control_connection import Authority, Connection
from kiosk.daemon.control_request import Refusal

MAX_REQUESTS = 32

log = logging.getLogger(__name__)


class Handler(Protocol):
    """Who carries the commands out."""

    def handle(self, command: api.Command, authority: Authority, emit: Callable[[object], None]) -> object:
        """Do `command` and return its result struct. Raises `Refusal`.

        Runs in a thread of its own, so it may take its time. `emit` sends an event on the way; it
        neither blocks nor raises, also when the client has gone.
        """


class Workers:
    """Runs requests. `begin` and `answers` belong to the control thread."""

    def __init__(self, handler: Handler, wake: Callable[[], None]) -> None:
        """`wake` is called from any thread when there are answers."""
        self._handler = handler
        self._wake = wake
        self._answers: SimpleQueue[tuple[Connection, bytes, bool]] = SimpleQueue()
        self.in_flight = 0

    def begin(self, connection: Connection, request: Request) -> bool:
        """Run `request`, if there is room for one more."""
        if self.in_flight >= MAX_REQUESTS:
            return False
        thread = threading.Thread(
            target=self._work, args=(connection, request), name=f"control-{request.id}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the machine has no thread left
            return False
        connection.in_flight += 1
        self.in_flight += 1
        return True

    def answers(self) -> Iterator[tuple[Connection, bytes]]:
        """The lines that have come so far, each with its client."""
        while True:
            try:
                connection, line, last = self._answers.get_nowait()
            except Empty:
                return
            if last:
                connection.in_flight -= 1
                self.in_flight -= 1
            yield connection, line

    def _work(self, connection: Connection, request: Request) -> None:
        """The top of a request's thread."""

        def emit(event: object) -> None:
            self._post(connection, line_of(api.Reply(request.id, event=event)), last=False)

        try:
            result = self._handler.handle(request.do, connection.authority, emit)
            line = line_of(api.Reply(request.id, result=result))
        except Refusal as refusal:
            line = line_of(api.Reply(request.id, error=refusal.error))
        except OverflowError:
            why = api.ApiError("bad_request", "a number or a day in it is far too large", "look at it again")
            line = line_of(api.Reply(request.id, error=why))
        except Exception as error:
            log.exception("command %s failed", type(request.do).__name__)
            why = api.ApiError("failed", f"{type(error).__name__}: {error}", "see `journalctl -u kioskd`")
            line = line_of(api.Reply(request.id, error=why))
        self._post(connection, line, last=True)

    def _post(self, connection: Connection, line: bytes, *, last: bool) -> None:
        self._answers.put((connection, line, last))
        self._wake()


def line_of(reply: api.Reply) -> bytes:
    """The line that carries `reply`."""
    return msgspec.json.encode(reply) + b"\n"
