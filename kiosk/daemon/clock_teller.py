"""`kiosk-clock`: tells kioskd whether the kernel trusts its clock.

The unit of kioskd allows no call that could set a clock, and seccomp cannot tell `adjtimex` that reads
from `adjtimex` that sets. So this process, which has no network, no file and no privilege, reads it.
Wire: one packet of any content asks, one packet of `ANSWER` answers (Unix, SOCK_SEQPACKET).
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import sys
import threading
from pathlib import Path

from kiosk.daemon.adjtimex import KernelWord, ask_kernel

SOCKET = Path("/run/hadir/kernel-clock")
ANSWER = struct.Struct("<?q")  # synchronised, error bound in ms
ANSWER_S = 0.2
FROM_SYSTEMD = 3  # SD_LISTEN_FDS_START
MAX_CLIENTS = 8


class TellerClient:
    """Asks the teller; any thread. Connects anew when the teller was started anew."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._line: socket.socket | None = None

    def ask(self) -> KernelWord | None:
        """What the kernel says; None when nobody answers in time."""
        with self._lock:
            for _ in range(2):  # the first try may meet the line of a teller that has gone
                with contextlib.suppress(OSError, struct.error):
                    return self._exchange()
                self._hang_up()
            return None

    def _exchange(self) -> KernelWord:
        if self._line is None:
            self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._line.settimeout(ANSWER_S)
            self._line.connect(str(self._path))
        self._line.sendall(b"?")
        synchronised, error_ms = ANSWER.unpack(self._line.recv(ANSWER.size))
        return KernelWord(synchronised, error_ms)

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def serve(listener: socket.socket) -> None:
    """Answer everybody who connects, for ever."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                _welcome(listener, selector)
            elif isinstance(key.fileobj, socket.socket):
                _answer(key.fileobj, selector)


def _welcome(listener: socket.socket, selector: selectors.BaseSelector) -> None:
    client, _ = listener.accept()
    client.setblocking(False)
    if len(selector.get_map()) > MAX_CLIENTS:
        client.close()
        return
    selector.register(client, selectors.EVENT_READ)


def _answer(client: socket.socket, selector: selectors.BaseSelector) -> None:
    with contextlib.suppress(OSError):
        if client.recv(16):
            word = ask_kernel()
            client.send(ANSWER.pack(word.synchronised, word.error_ms) if word else b"")
            return
    selector.unregister(client)
    client.close()


def main() -> int:
    """Serve the socket systemd hands over."""
    serve(socket.socket(fileno=FROM_SYSTEMD))
    return 0


if __name__ == "__main__":
    sys.exit(main())
