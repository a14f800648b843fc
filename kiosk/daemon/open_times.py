"""Which records await a correction of their time: those of this run, and earlier ones in the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kiosk.core.payload import Correction, Genesis, Seal, StoreNote
from kiosk.core.record import BadRecordError, Record, TimeBlock, decode_body
from kiosk.core.timeline import RANK, Boot, Known, Stretch, corrections, known_of, strong
from kiosk.daemon.history import TERMINAL_BOOT
from kiosk.daemon.store import Store

PAGE = 500
# They come before the record that corrections are written beside, so they do not prove that there were any.
_BEFORE_CORRECTIONS = frozenset((Genesis.TYPE, Seal.TYPE, StoreNote.TYPE))


class OpenTimes:
    """Boots whose times are open, oldest first, this one last. Used on the engine's thread only."""

    def __init__(self, boot_id: str, floor_ms: int) -> None:
        self._boot_id = boot_id
        self.lower_ms = floor_ms
        self._boots: dict[str, Boot] = {}
        self._fresh = True

    def load(self, store: Store) -> None:
        """Find in the ledger what an earlier run left open; raises `StoreError`."""
        found = list(_back_to_known(store, self._boot_id))
        done = [_corrected(record) for record in found if record.type == Correction.TYPE]
        for record in reversed(found):
            claim = next((known for key, known in done if _covers(key, record)), None)
            self._take(record.seq, record.at, claim)
        first = next(iter(self._boots.values()), None)
        if first is not None and first.known is not None and first.boot_id != self._boot_id:
            known = first.known
            self.lower_ms = max(
                self.lower_ms,
                known.wall_minus_boot_ms + first.last_boot_ms - known.bound_ms(first.last_boot_ms),
            )

    @property
    def known(self) -> Known | None:
        """The best that an earlier run knew of this boot's time."""
        boot = self._boots.get(self._boot_id)
        return boot.known if boot else None

    def written(self, seq: int, at: TimeBlock) -> None:
        """A record was committed under `at`."""
        if at.boot_id == self._boot_id:
            self._take(seq, at, None)

    def due(self, now: Known | None) -> list[Correction]:
        """What to write now that the time is known; `written_down` once it is on the disk."""
        boot = self._boots.get(self._boot_id, Boot(self._boot_id, (), 0))
        if now is None:
            return []
        earlier = [found for key, found in self._boots.items() if key != self._boot_id]
        return corrections([*earlier, boot], self.lower_ms, now)

    def written_down(self, now: Known) -> None:
        """Corrections under `now` were committed: only what a better source could disprove stays open."""
        boot = self._boots.get(self._boot_id)
        self._boots = {}
        self._fresh = True
        if boot is not None:
            kept = () if strong(now.source) else tuple(_claimed(s, now) for s in boot.stretches)
            self._boots[self._boot_id] = Boot(self._boot_id, kept, boot.last_boot_ms, now)

    def forget(self) -> None:
        """A new ledger was opened: sequence numbers start again."""
        self._boots = {}
        self._fresh = True

    def _take(self, seq: int, at: TimeBlock, claim: Known | None) -> None:
        known = known_of(at)
        boot = self._boots.get(at.boot_id, Boot(at.boot_id, (), 0))
        stretches = boot.stretches
        if known is not None and strong(known.source):
            self._fresh = True
        else:
            stretches = self._stretched(stretches, seq, at, claim or known)
        best = boot.known
        if known is not None and (best is None or RANK[known.source] >= RANK[best.source]):
            best = known
        self._boots[at.boot_id] = Boot(at.boot_id, stretches, max(boot.last_boot_ms, at.boot_ms), best)

    def _stretched(
        self, stretches: tuple[Stretch, ...], seq: int, at: TimeBlock, claim: Known | None
    ) -> tuple[Stretch, ...]:
        last = stretches[-1] if stretches and not self._fresh else None
        self._fresh = False
        base = at.wall_ms - at.boot_ms
        if last is None or last.wall_minus_boot_ms != base or (last.claim is None) != (claim is None):
            return (*stretches, Stretch(seq, seq, base, at.boot_ms, at.boot_ms, claim))
        grown = msgspec.structs.replace(
            last, last=seq, first_boot_ms=min(last.first_boot_ms, at.boot_ms),
            last_boot_ms=max(last.last_boot_ms, at.boot_ms),
        )  # fmt: skip
        return (*stretches[:-1], grown)


def _back_to_known(store: Store, boot_id: str) -> Iterator[Record]:
    """Records from the newest back to the last one that shows that all before it were settled."""
    for record in _backwards(store):
        if record.at.boot_id.startswith(TERMINAL_BOOT):
            continue
        yield record
        settled = record.at.trusted and record.type not in _BEFORE_CORRECTIONS
        if settled and (record.at.boot_id != boot_id or strong(record.at.source)):
            return


def _backwards(store: Store) -> Iterator[Record]:
    upto = store.head.seq
    while upto > 0:
        after = max(0, upto - PAGE)
        for row in reversed(store.records(store.head.ledger_id, after, 1 << 30, upto - after)):
            try:
                yield decode_body(row.body)
            except BadRecordError:
                continue
        upto = after


_Range = tuple[str, int, int]


def _corrected(record: Record) -> tuple[_Range, Known]:
    made = msgspec.convert(record.data, Correction)
    at = record.at
    known = Known(at.source, at.wall_ms - at.boot_ms, at.uncertainty_ms or made.uncertainty_ms, at.boot_ms)
    return (made.boot_id, made.from_seq, made.upto_seq), known


def _covers(key: _Range, record: Record) -> bool:
    return key[0] == record.at.boot_id and key[1] <= record.seq <= key[2]


def _claimed(stretch: Stretch, now: Known) -> Stretch:
    return stretch if stretch.claim is not None else msgspec.structs.replace(stretch, claim=now)
