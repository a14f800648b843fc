"""A place in a ledger that holds the wrong record or none: was the right one moved, or removed?"""

from __future__ import annotations

from kiosk.core.proof import Fault


class Place:
    """Position `seq` does not hold record `seq` but `found`, or nothing: was it moved, or removed?"""

    def __init__(self, seq: int, found: int | None) -> None:
        self._seq, self._found = seq, found
        self._moved = False
        self._shift = None if found is None else found - seq

    def see(self, row_seq: int, record_seq: int | None) -> None:
        """A later row: what it is numbered, and what it says it is."""
        self._moved = self._moved or self._seq in (row_seq, record_seq)
        if self._shift is not None and record_seq is not None and record_seq - row_seq != self._shift:
            self._shift = None

    def fault(self) -> Fault:
        """The verdict once every row was seen."""
        if self._moved:
            return Fault(self._seq, "reordered", f"record {self._seq}: it stands in another place")
        if self._found is None or (self._shift is not None and self._shift > 0):
            return Fault(self._seq, "missing", f"record {self._seq}: it is not there")
        return Fault(self._seq, "edited", f"record {self._seq}: record {self._found} stands in its place")
