"""The photos that wait for the centre, in the order in which the publisher would send them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.core.sign import message_statement
from kiosk.daemon.evidence import EvidenceError, EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_source import PHOTOS
from kiosk.daemon.store import StoreReader
from sync.courier.export import Photo
from sync.courier.format import signed
from sync.documents import Offer, photo_context
from sync.sealing import receive_public, seal
from sync.topics import DeviceName
from sync.wire import encode


class WaitingPhotos:
    """Of one kiosk; belongs to the thread that made it. Its key is sealed to the centre."""

    def __init__(self, state_dir: Path, keys: DeviceKeys, name: DeviceName, centre_key: str) -> None:
        self._reader, self._evidence = StoreReader.open(state_dir), EvidenceStore.open(state_dir)
        self._keys, self._name = keys, name
        centre = receive_public(bytes.fromhex(centre_key))
        self._key = self._evidence.key_for(lambda key: seal(centre, key, photo_context(name)))

    def waiting(self) -> int:
        """How many."""
        return sum(1 for _ in waiting_photos(self._reader))

    def each(self) -> Iterator[Photo]:
        """Them, oldest first; one whose file is gone is passed over."""
        for _, _, name in waiting_photos(self._reader):
            try:
                content = self._evidence.content(name)
            except (OSError, EvidenceError):
                continue
            offer = Offer(sha256=name, size=len(content), key=self._key)
            yield Photo(signed(offer, self._keys.sign_public, self._sig(offer)), content)

    def _sig(self, offer: Offer) -> str:
        name, body = self._name, encode(offer).decode()
        return self._keys.sign(message_statement("evidence", name.tenant, name.device, body))


def waiting_photos(reader: StoreReader) -> Iterator[tuple[str, int, str]]:
    """Ledger, seq and file of each photo the centre has not acknowledged, oldest first."""
    after = reader.reached(PHOTOS)
    while found := reader.photo_after(after):
        after, ledger_id, seq, name = found
        yield ledger_id, seq, name


def moved(reader: StoreReader, evidence: EvidenceStore, done: set[str]) -> tuple[str, int] | None:
    """Up to which record (ledger, seq) photos are done with or gone, without a gap; None: nothing moves."""
    reached = None
    for ledger_id, seq, name in waiting_photos(reader):
        if name not in done and evidence.size(name):
            break
        reached = (ledger_id, seq)
    return reached
