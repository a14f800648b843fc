"""Opens letters in a thread of its own while those before them wait for the database."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from sync.centre.letter import Letter
from sync.link_events import Message

log = logging.getLogger(__name__)
MOST_AHEAD_BYTES = 4 * 1024 * 1024  # of payloads; opened they are some four times as large


@dataclass(frozen=True, slots=True)
class Mail:
    """A message, and the letter it is."""

    message: Message
    letter: Letter


class Ahead:
    """Passes on what comes in at `inbox`, everything in its order, `Message` as `Mail` with an open letter.

    It waits when it is too far ahead of `get`; used by one thread.
    """

    def __init__(self, inbox: queue.SimpleQueue[Any]) -> None:
        self._inbox = inbox
        self._ready: deque[Any] = deque()
        self._ahead_bytes = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def get(self, timeout_s: float) -> Any:
        """The next event. Raises `queue.Empty`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ready, timeout_s):
                raise queue.Empty
            event = self._ready.popleft()
            self._ahead_bytes -= _size(event)
            self._changed.notify()
        return event

    def close(self) -> None:
        """End; what was not fetched is dropped."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._inbox.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            event = self._inbox.get()
            self._put(_opened(event) if isinstance(event, Message) else event)

    def _put(self, event: Any) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ahead_bytes < MOST_AHEAD_BYTES)
            self._ready.append(event)
            self._ahead_bytes += _size(event)
            self._changed.notify()


def _opened(message: Message) -> Mail:
    letter = Letter(message.topic, message.payload)
    try:
        letter.open()
    except Exception:
        log.debug("%s: left for the office to deal with", message.topic, exc_info=True)
    return Mail(message, letter)


def _size(event: Any) -> int:
    return len(event.message.payload) if isinstance(event, Mail) else 0
