"""What the kiosk remembers of its sticks: which exports it made, which receipts it has dealt with.

Losing it loses nothing: a receipt that answers no known export is not believed, and the next export holds
everything again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kiosk.core.courier import CourierVisit
from kiosk.daemon.durable import write_durably
from sync.courier.receipt import Sent

log = logging.getLogger(__name__)
NAME = "courier.json"
MOST_KEPT = 64


class _Kept(msgspec.Struct, frozen=True):
    begun: tuple[Sent, ...] = ()
    sent: tuple[Sent, ...] = ()
    visits: tuple[CourierVisit, ...] = ()
    receipts: tuple[str, ...] = ()


class CourierMemory:
    """`courier.json` in the state folder; newest last."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / NAME
        self._kept = self._read()

    @property
    def sent(self) -> tuple[Sent, ...]:
        """The exports a receipt may answer."""
        return self._kept.sent

    def remembered(self, ends: Mapping[str, int]) -> frozenset[str]:
        """The exports, finished or not, whose records are here still in ledgers that end at `ends`.

        A kiosk put back from a copy lacks some.
        """
        return frozenset(
            sent.export
            for sent in (*self._kept.begun, *self._kept.sent)
            if all(asked.upto <= ends.get(asked.ledger_id, -1) for asked in sent.asked)
        )

    @property
    def visits(self) -> tuple[CourierVisit, ...]:
        """Newest first."""
        return self._kept.visits[::-1]

    def knows(self, receipt: str) -> bool:
        """Whether this receipt has been dealt with."""
        return receipt in self._kept.receipts

    def begun(self, sent: Sent) -> None:
        """Remember an export whose end we may not live to see. Raises `OSError`."""
        self._write(replace(self._kept, begun=(*self._kept.begun, sent)[-MOST_KEPT:]))

    def exported(self, sent: Sent, visit: CourierVisit) -> None:
        """Remember an export that is on its stick. Raises `OSError`."""
        kept = self._kept
        self._write(replace(
            kept, begun=tuple(one for one in kept.begun if one.export != sent.export),
            sent=(*kept.sent, sent)[-MOST_KEPT:], visits=(*kept.visits, visit)[-MOST_KEPT:],
        ))  # fmt: skip

    def received(self, receipt: str, export: str) -> None:
        """Remember that a receipt was dealt with. Raises `OSError`."""
        kept = self._kept
        visits = tuple(
            replace(visit, answered=True) if visit.export == export else visit for visit in kept.visits
        )
        self._write(replace(kept, visits=visits, receipts=(*kept.receipts, receipt)[-MOST_KEPT:]))

    def _write(self, kept: _Kept) -> None:
        self._kept = kept
        write_durably(self._path, msgspec.json.encode(kept))

    def _read(self) -> _Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return _Kept()
        except (OSError, msgspec.DecodeError) as error:
            log.warning("%s: %s; sticks under way will be exported again", self._path, error)
            return _Kept()
