"""Photos and asked-for files as the publisher sends them; lives on the publisher's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from kiosk.daemon.down_children import OUTGOING
from kiosk.daemon.evidence import EvidenceError, EvidenceStore
from kiosk.daemon.ledger_source import PHOTOS
from kiosk.daemon.store import StoreReader
from sync.uploads import Upload

log = logging.getLogger(__name__)


class StoreFiles:
    """`sealed_key` (hex) opens the photos for the centre; `gone` is told a photo's ledger and seq."""

    def __init__(
        self, state_dir: Path, evidence: EvidenceStore, sealed_key: str, gone: Callable[[str, int], None]
    ) -> None:
        self._reader = StoreReader.open(state_dir)
        self._outgoing = state_dir / OUTGOING
        self._evidence, self._sealed_key, self._gone = evidence, sealed_key, gone
        self._after = self._reader.reached(PHOTOS)
        self._record: tuple[int, str, int] | None = None

    def next_file(self, *, photos: bool) -> Upload | None:
        """A file that was asked for, else the oldest photo that has not gone."""
        for path in sorted(self._outgoing.glob("[0-9a-f]*")):
            sha256, _, to = path.name.partition("@")
            return Upload(sha256, path.stat().st_size, photo=False, to=to)
        while photos and (found := self._reader.photo_after(self._after)):
            key, ledger_id, seq, name = found
            self._record = (key, ledger_id, seq)
            if size := self._evidence.size(name):
                return Upload(name, size, self._sealed_key)
            log.warning("the photo of record %d is not there any more", seq)
            self._passed()
        return None

    def read(self, sha256: str, offset: int, size: int) -> bytes:
        """A piece of one; empty when it is gone."""
        waiting = next(self._outgoing.glob(f"{sha256}*"), None)
        try:
            if waiting is None:
                return self._evidence.content(sha256)[offset : offset + size]
            with waiting.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except (OSError, EvidenceError):
            return b""

    def sent(self, file: Upload, *, wanted: bool) -> None:
        """The centre has all of it, or does not want it."""
        if not wanted:
            log.warning("the centre does not take file %s", file.sha256[:12])
        if file.photo:
            self._passed()
        else:
            for path in self._outgoing.glob(f"{file.sha256}*"):
                path.unlink(missing_ok=True)

    def _passed(self) -> None:
        if self._record:
            self._after, ledger_id, seq = self._record
            self._record = None
            self._gone(ledger_id, seq)
