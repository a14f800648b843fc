"""Answers to what came down, kept until the broker has taken them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sync.documents import Reply

MOST_WAITING = 64


class Replies:
    """In memory only: what a power cut loses here, the ledger's own record tells the centre."""

    def __init__(self, send: Callable[[Reply], int | None]) -> None:
        self._send = send
        self._waiting: deque[Reply] = deque(maxlen=MOST_WAITING)
        self._under_way: dict[int, Reply] = {}

    def add(self, reply: Reply) -> None:
        """One more; the oldest gives way when there are too many."""
        self._waiting.append(reply)

    def flush(self) -> None:
        """Send what waits, as far as the link takes it."""
        while self._waiting:
            mid = self._send(self._waiting[0])
            if mid is None:
                return
            self._under_way[mid] = self._waiting.popleft()

    def taken(self, mid: int) -> None:
        """The broker took packet `mid`."""
        self._under_way.pop(mid, None)

    def link_lost(self) -> None:
        """What the broker had not taken waits again."""
        self._waiting.extendleft(reversed(self._under_way.values()))
        self._under_way.clear()
