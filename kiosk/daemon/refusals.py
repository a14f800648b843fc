"""Repeated refusals become one record per cause and minute: a hand on the sensor fills no ledger."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.payload import Refusal
from kiosk.daemon.journal import Journal

WINDOW_MS = 60_000
MAX_CAUSES = 64


@dataclass(slots=True)
class _Tally:
    since_ms: int
    first_ms: int = 0
    last_ms: int = 0
    count: int = 0
    detail: str = ""
    seq: int = 0


class Refusals:
    """Writes the first refusal of a cause at once and the rest of its minute as one record."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._open: dict[tuple[str, str, str | None], _Tally] = {}
        self.totals: dict[str, int] = {}

    def add(
        self, cause: str, device: str, boot_ms: int, *, person_id: str | None = None, detail: str = ""
    ) -> int:
        """Something was refused at `boot_ms` of this boot; the seq of the record that it belongs to.

        0 when it is one of a flood of causes. Raises `StoreError`.
        """
        self.totals[cause] = self.totals.get(cause, 0) + 1
        key = (cause, device, person_id)
        tally = self._open.get(key)
        if tally is None and len(self._open) < MAX_CAUSES:
            self._open[key] = _Tally(boot_ms)
            (written,) = self._journal.note(Refusal(
                cause=cause, device=device, count=1, first_boot_ms=boot_ms, last_boot_ms=boot_ms,
                person_id=person_id, detail=detail,
            ))  # fmt: skip
            self._open[key].seq = written.seq
            return written.seq
        if tally is None:  # a flood of different causes is one cause
            key = ("many", "", None)
            tally = self._open.setdefault(key, _Tally(boot_ms))
        tally.first_ms = tally.first_ms if tally.count else boot_ms
        tally.last_ms, tally.detail = boot_ms, detail
        tally.count += 1
        return tally.seq

    def flush(self, boot_ms: int, *, everything: bool = False) -> None:
        """Write what has waited a minute, or `everything` at the stop. Raises `StoreError`."""
        due = [
            key for key, tally in self._open.items() if everything or boot_ms - tally.since_ms >= WINDOW_MS
        ]
        counted = [key for key in due if self._open[key].count]
        records = [self._record(key, self._open[key]) for key in counted]
        written = self._journal.note(*records) if records else ()
        for key in due:
            del self._open[key]
        if not everything:
            self._open |= {
                key: _Tally(boot_ms, seq=one.seq) for key, one in zip(counted, written, strict=True)
            }

    @staticmethod
    def _record(key: tuple[str, str, str | None], tally: _Tally) -> Refusal:
        cause, device, person_id = key
        return Refusal(
            cause=cause, device=device, count=tally.count, first_boot_ms=tally.first_ms,
            last_boot_ms=tally.last_ms, person_id=person_id, detail=tally.detail,
        )  # fmt: skip
