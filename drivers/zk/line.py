"""The connection to a ZKTeco terminal: what pyzk takes for its socket, but bounded.

pyzk reads answers with one `recv` each, knows no deadline, takes a closed peer for an empty answer and
mixes live events up with answers. Here every `recv` hands it bytes of exactly one sound frame that answers
its last command; events go into a queue of their own, late answers are dropped, a closed peer or silence is
an error.
"""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from drivers.base.deadline import Deadline
from drivers.base.errors import Timeout, Unavailable
from drivers.zk.frames import EVENT, Frame

_RECEIVE_BYTES = 1 << 16
_ACK_OK = 2000
_EVENTS_AT_ONCE = 256
_EVENTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: to connect, for a small answer, for slow work, in silence amid a large answer."""

    connect_s: float = 2.0
    answer_s: float = 2.0
    work_s: float = 10.0
    quiet_s: float = 2.0


class Line(ABC):
    """A connection; one thread uses it, any thread may `close` it."""

    tcp: bool

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self.patience = patience
        self.events: deque[Frame] = deque(maxlen=_EVENTS_KEPT)
        self.last: Frame | None = None
        self.deadline = Deadline.after(patience.work_s)
        self._sock = sock
        self._answer_s = patience.answer_s
        self._asked = 0
        self._rest = b""
        self._closed = False

    def settimeout(self, _timeout_s: float | None) -> None:  # noqa: B027
        """Nothing: pyzk's idea of a timeout does not apply, `deadline` and `patience` do."""

    @abstractmethod
    def recv(self, size: int) -> bytes:
        """For pyzk: up to `size` bytes of the answer to its last command."""

    @contextmanager
    def waiting(self, answer_s: float) -> Iterator[None]:
        """Wait longer for answers to commands that make the terminal work, less for what is asked again."""
        self._answer_s = answer_s
        try:
            yield
        finally:
            self._answer_s = self.patience.answer_s

    def reply(self, total_s: float, quiet_s: float) -> Frame:
        """The next frame that answers the last command, within `total_s` and without `quiet_s` of silence.

        Raises `Timeout`, `Unavailable`, or `ProtocolError` for a wrong checksum.
        """
        until = Deadline.after(min(total_s, self.deadline.left_s))
        while True:
            frame = self._frame(until, quiet_s)
            if frame is None or until.passed:
                raise Timeout("the terminal does not answer")
            if frame.command == EVENT:
                self._keep_event(frame)
            elif not frame.sound:
                self._unsound(frame)
            elif frame.reply == self._asked:
                self.last = frame
                return frame

    def wait_for_event(self, timeout_s: float) -> None:
        """Come back as soon as `events` holds one, or after `timeout_s`."""
        until = Deadline.after(timeout_s)
        while not self.events:
            frame = self._frame(until, timeout_s)
            if frame is None:
                return
            self._keep_event(frame)
            if until.passed:
                return
        while len(self.events) < _EVENTS_AT_ONCE and (frame := self._buffered()) is not None:
            self._keep_event(frame)

    def _keep_event(self, frame: Frame) -> None:
        if frame.command == EVENT:
            self.events.append(frame)

    def acknowledge(self, session: int) -> None:
        """Tell the terminal that an event has arrived."""
        self._send(Frame(_ACK_OK, session, 0, b"").to_bytes())

    def close(self) -> None:
        """Hang up, from any thread: a `recv` that waits ends."""
        self._closed = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _ask(self, payload: bytes) -> None:
        self._asked = int.from_bytes(payload[6:8], "little")
        self._rest = b""
        self._send(payload)

    def _receive(self, wait_s: float) -> bytes | None:
        """What arrived, or None after `wait_s` of silence."""
        try:
            self._sock.settimeout(max(wait_s, 0.001))
            return self._sock.recv(_RECEIVE_BYTES)
        except TimeoutError:
            return None
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> Unavailable:
        if self._closed:
            return Unavailable("the connection was closed on our side")
        return Unavailable(f"the connection to the terminal is lost: {error.strerror or error}")

    @abstractmethod
    def _send(self, payload: bytes) -> None: ...

    @abstractmethod
    def _frame(self, until: Deadline, quiet_s: float) -> Frame | None:
        """The next frame of any kind, or None when it is too late or too quiet."""

    @abstractmethod
    def _buffered(self) -> Frame | None:
        """A frame that is already here."""

    @abstractmethod
    def _unsound(self, frame: Frame) -> None:
        """What to do about an answer with a wrong checksum."""
