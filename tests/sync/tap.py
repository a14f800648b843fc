"""A TCP relay in front of the broker that a test can hold back or cut."""

from __future__ import annotations

import select
import socket
import threading


class Tap:
    """Relays connections to `upstream` on its own `port`."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open = threading.Event()
        self._open.set()
        self._ended = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._accepting = True
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_back(self) -> None:
        """Keep what clients say from the broker; what the broker says goes through."""
        self._open.clear()

    def let_through(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """Close every connection without a word and take no new ones."""
        self._accepting = False
        for pair in self._pairs:
            for end in pair:
                end.close()

    def close(self) -> None:
        self._ended.set()
        self._open.set()
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if not self._accepting:
                client.close()
                continue
            broker = socket.create_connection(("127.0.0.1", self._upstream))
            self._pairs.append((client, broker))
            threading.Thread(target=self._relay, args=(client, broker, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(broker, client, False), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, held: bool) -> None:
        try:
            while data := self._receive(source):
                if held:
                    self._open.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError):
            return

    def _receive(self, source: socket.socket) -> bytes:
        while not self._ended.is_set():
            if select.select([source], [], [], 0.1)[0]:
                return source.recv(65_536)
        return b""
