"""The control sockets' server: one thread moves the bytes, each request runs in a thread of its own.

Everything is bounded: clients a socket, bytes a line, requests in flight, answers not yet read. A
watcher that is slow gets the newest view when it is ready for it, and costs nobody else anything.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.core import api
from kiosk.core.view import View
from kiosk.daemon.control_connection import Authority, Connection, LineTooLongError
from kiosk.daemon.control_request import BadLineError, Refusal, check_authority, read_request
from kiosk.daemon.control_socket import SocketInUseError, listen_at
from kiosk.daemon.control_work import Handler, Workers, line_of

__all__ = ["ControlServer", "Handler", "Refusal", "SocketInUseError"]

MAX_CLIENTS: dict[Authority, int] = {"admin": 24, "ui": 8}
MAX_LINE_BYTES: dict[Authority, int] = {"admin": api.MAX_LINE_BYTES, "ui": 65_536}
HOPELESS_AFTER = 8  # bad lines on one connection
NO_DESCRIPTOR_S = 0.1

log = logging.getLogger(__name__)


class ControlServer:
    """Serves the admin and the ui socket."""

    def __init__(
        self,
        handler: Handler,
        *,
        admin_path: Path,
        ui_path: Path,
        on_refused: Callable[[str, str], None],
        admin_group: str = "",
        ui_group: str = "",
    ) -> None:
        """`on_refused(cause, detail)` is called on the control thread for every line or client refused.

        Only our own user may open the admin socket, unless `admin_group` names who else may.
        """
        self.preview: Callable[[], tuple[int, int] | None] = lambda: None
        """The number and the descriptor of the camera's preview, while there is one."""
        self._paths: dict[Authority, Path] = {"admin": admin_path, "ui": ui_path}
        self._on_refused = on_refused
        self._selector = selectors.DefaultSelector()
        self._groups: dict[Authority, str] = {"admin": admin_group, "ui": ui_group}
        self._listeners: dict[socket.socket, Authority] = {}
        self._connections: set[Connection] = set()
        self._view: View | None = None
        self._shown: View | None = None
        self._stop_at: float | None = None
        self._wake_r, self._wake_w = socket.socketpair()
        self._workers = Workers(handler, self._wake)
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Open both sockets and serve. Raises `SocketInUseError` or `OSError`; then nothing stays open."""
        try:
            for authority, path in self._paths.items():
                group = self._groups[authority]
                mode = 0o600 if authority == "admin" and not group else 0o660
                self._listeners[listen_at(path, mode, group)] = authority
        except (SocketInUseError, OSError):
            self._close_all()
            raise
        for end in (self._wake_r, self._wake_w):
            end.setblocking(False)
        self._selector.register(self._wake_r, selectors.EVENT_READ)
        for listener in self._listeners:
            self._selector.register(listener, selectors.EVENT_READ)
        self._thread.start()

    def publish(self, view: View) -> None:
        """Show `view` to all watchers. From any thread; never blocks."""
        self._view = view
        self._wake()

    def stop(self, timeout_s: float) -> None:
        """Refuse new work, give running requests until `timeout_s` to be answered, and close."""
        self._stop_at = time.monotonic() + timeout_s
        self._wake()
        if self._thread.ident is None:
            self._close_all()
        else:
            self._thread.join(timeout_s + 1.0)

    @property
    def serving(self) -> bool:
        """Whether the control thread is alive."""
        return self._thread.is_alive()

    @property
    def screens(self) -> int:
        """How many clients of the screen's socket watch."""
        return sum(c.watch_id is not None and c.authority == "ui" for c in tuple(self._connections))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: nobody is left to wake
            self._wake_w.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._may_end():
                for key, _ in self._selector.select(self._patience_s()):
                    self._on_ready(key.fileobj)
                self._deliver_answers()
                self._show_newest()
        except Exception:
            log.exception("the control socket stopped serving")
        finally:
            self._close_all()

    def _patience_s(self) -> float | None:
        return None if self._stop_at is None else max(0.0, min(0.1, self._stop_at - time.monotonic()))

    def _may_end(self) -> bool:
        if self._stop_at is None:
            return False
        self._close_listeners()
        if time.monotonic() >= self._stop_at:
            return True
        return not self._workers.in_flight and not any(c.wants_write for c in self._connections)

    def _on_ready(self, source: object) -> None:
        if isinstance(source, Connection):
            self._on_client(source)
        elif source is self._wake_r:
            with contextlib.suppress(BlockingIOError):
                self._wake_r.recv(4096)
        elif isinstance(source, socket.socket) and source in self._listeners:
            self._accept(source)

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError as error:  # gone again, or no descriptor left: the listener stays
            log.debug("a client could not be accepted: %s", error)
            time.sleep(NO_DESCRIPTOR_S)  # the client still waits, and select would return at once
            return
        authority = self._listeners[listener]
        connection = Connection(sock, authority, MAX_LINE_BYTES[authority])
        connection.last_heard_s = time.monotonic()
        self._make_room(authority)
        self._connections.add(connection)
        if sum(c.authority == authority for c in self._connections) > MAX_CLIENTS[authority]:
            self._refuse(connection, "too_many_clients", 0, _too_many(authority))
            connection.closing = True
        self._settle(connection)

    def _make_room(self, authority: Authority) -> None:
        """Hang up on the client that has been silent longest, when the socket is full."""
        mine = [c for c in self._connections if c.authority == authority]
        idle = [c for c in mine if not c.in_flight and c.watch_id is None]
        if len(mine) >= MAX_CLIENTS[authority] and idle:
            self._drop(min(idle, key=lambda c: c.last_heard_s))

    def _on_client(self, connection: Connection) -> None:
        try:
            connection.flush()
            if connection.may_ask and not connection.at_end:
                connection.receive()
                connection.last_heard_s = time.monotonic()
        except OSError:
            self._drop(connection)
            return
        self._pump(connection)

    def _pump(self, connection: Connection) -> None:
        """Begin the requests that have arrived, as many as may run."""
        try:
            while connection.may_ask and (line := connection.next_line()) is not None:
                if line.strip():
                    self._take(connection, line)
        except LineTooLongError as error:
            hint = "send large lists in several requests"
            self._refuse(connection, "too_large", 0, api.ApiError("bad_request", str(error), hint))
            connection.closing = True
        self._settle(connection)

    def _take(self, connection: Connection, line: bytes) -> None:
        try:
            request = read_request(line)
        except BadLineError as error:
            connection.bad_lines += 1
            connection.closing = connection.bad_lines >= HOPELESS_AFTER
            self._refuse(connection, "bad_request", error.id, error.error)
            return
        try:
            check_authority(request.do, connection.authority)
        except Refusal as error:
            self._refuse(connection, "not_allowed", request.id, error.error)
            return
        if isinstance(request.do, api.Watch):
            connection.watch_id = request.id
            self._show(connection)
        elif isinstance(request.do, api.GetPreview):
            self._give_preview(connection, request.id)
        elif self._stop_at is not None or not self._workers.begin(connection, request):
            busy = api.ApiError("busy", "kioskd is stopping or overloaded", "try again in a moment")
            self._send(connection, line_of(api.Reply(request.id, error=busy)))

    def _give_preview(self, connection: Connection, id_: int) -> None:
        preview = self.preview()
        if preview is None:
            missing = api.ApiError("not_found", "there is no preview", "is kiosk-face running?")
            self._send(connection, line_of(api.Reply(id_, error=missing)))
            return
        try:
            connection.send_with(line_of(api.Reply(id_, result=api.Preview(preview[0]))), preview[1])
        except OSError:
            self._drop(connection)

    def _deliver_answers(self) -> None:
        for connection, line in self._workers.answers():
            if connection in self._connections:
                self._send(connection, line)
                self._pump(connection)

    def _show_newest(self) -> None:
        view = self._view
        if view is None or view is self._shown:
            return
        self._shown = view
        for connection in [c for c in self._connections if c.watch_id is not None]:
            self._show(connection)
            self._settle(connection)

    def _show(self, connection: Connection) -> None:
        if self._shown is not None and connection.watch_id is not None:
            try:
                connection.show(line_of(api.Reply(connection.watch_id, event=self._shown)))
            except OSError:
                self._drop(connection)

    def _refuse(self, connection: Connection, cause: str, id_: int, error: api.ApiError) -> None:
        self._on_refused(cause, error.message[:200])
        self._send(connection, line_of(api.Reply(id_, error=error)))

    def _send(self, connection: Connection, line: bytes) -> None:
        try:
            connection.send(line)
        except OSError:
            self._drop(connection)

    def _settle(self, connection: Connection) -> None:
        """Listen for what this client may do next, or part with it."""
        if connection not in self._connections:
            return
        if connection.finished:
            self._drop(connection)
            return
        events = selectors.EVENT_WRITE if connection.wants_write else 0
        if connection.may_ask and not connection.at_end:
            events |= selectors.EVENT_READ
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection)
        if events:
            self._selector.register(connection, events)

    def _drop(self, connection: Connection) -> None:
        self._connections.discard(connection)
        connection.closing = True
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection)
        connection.close()

    def _close_listeners(self) -> None:
        for listener, authority in self._listeners.items():
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(listener)
            listener.close()
            self._paths[authority].unlink(missing_ok=True)
        self._listeners.clear()

    def _close_all(self) -> None:
        self._close_listeners()
        for connection in list(self._connections):
            self._drop(connection)
        self._selector.close()
        self._wake_r.close()
        self._wake_w.close()


def _too_many(authority: Authority) -> api.ApiError:
    most = MAX_CLIENTS[authority]
    return api.ApiError(
        "busy", f"{most} clients are connected already", "close one of them: `ss -xp | grep hadir`"
    )
