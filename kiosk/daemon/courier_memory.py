"""What the kiosk remembers of its sticks: which exports it made, which receipts it has dealt with.

Losing it loses nothing: a receipt that answers no known export is not believed, and the next export holds
everything again.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from kiosk.core.courier import CourierVisit
from kiosk.daemon.durable import write_durably
from sync.courier.receipt import Sent

log = logging.getLogger(__name__)
NAME = "courier.json"
MOST_KEPT = 64


class _Kept(msgspec.Struct, frozen=True):
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

    @property
    def visits(self) -> tuple[CourierVisit, ...]:
        """Newest first."""
        return self._kept.visits[::-1]

    def knows(self, receipt: str) -> bool:
        """Whether this receipt has been dealt with."""
        return receipt in self._kept.receipts

    def exported(self, sent: Sent, visit: CourierVisit) -> None:
        """Remember an export. Raises `OSError`."""
        kept = self._kept
        self._write(_Kept(
            (*kept.sent, sent)[-MOST_KEPT:], (*kept.visits, visit)[-MOST_KEPT:], kept.receipts
        ))  # fmt: skip

    def received(self, receipt: str, export: str) -> None:
        """Remember that a receipt was dealt with. Raises `OSError`."""
        kept = self._kept
        visits = tuple(
            msgspec.structs.replace(visit, answered=True) if visit.export == export else visit
            for visit in kept.visits
        )
        self._write(_Kept(kept.sent, visits, (*kept.receipts, receipt)[-MOST_KEPT:]))

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
