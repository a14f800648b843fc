"""A message as it came from the broker, and what is in it as far as no database is needed to know."""

from __future__ import annotations

from sync.centre.incoming import Incoming, RefusedBatchError, read_batch
from sync.topics import DeviceName, Up, parse_up
from sync.wire import WireError


class Letter:
    """Opened once, by whoever comes first: `open` ahead of the transaction, or who wants its `batch`.

    `place` is who sent it and on which lane, `None` on a topic that is none of ours.
    """

    def __init__(self, topic: str, payload: bytes) -> None:
        self.topic = topic
        self.payload = payload
        self.place: tuple[DeviceName, Up] | None = parse_up(topic)
        self._found: Incoming | RefusedBatchError | WireError | None = None

    def open(self) -> None:
        """Check a batch's form, chain and signature now; what is wrong with it is told by `batch`."""
        if self._found is None and self.place and self.place[1] in {"ledger", "live"}:
            try:
                self._found = read_batch(self.place[0], self.payload)
            except (RefusedBatchError, WireError) as error:
                self._found = error

    def batch(self) -> Incoming:
        """The batch in it. Raises `WireError` when it is none, `RefusedBatchError` when it does not hold."""
        self.open()
        if isinstance(self._found, Incoming):
            return self._found
        raise self._found or WireError("lane", self.topic)
