"""The centre's receipts on a stick become the events that MQTT would have brought."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk.core import courier as api
from kiosk.core.payload import StickVisit
from kiosk.daemon.courier_child import Looked
from kiosk.daemon.courier_memory import CourierMemory
from kiosk.daemon.courier_parts import ENGINE_S, CourierParts
from kiosk.daemon.courier_photos import moved
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.ledger_source import DESTINATION, PHOTOS, StoreSource
from kiosk.daemon.store import StoreReader
from sync import events
from sync.courier.format import Receipt
from sync.courier.receipt import Reader, Sent, files_done, sent_of, standing, takes_all, what_it_says
from sync.courier.stick import StickCode, StickError
from sync.topics import DeviceName

log = logging.getLogger(__name__)
Letter = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Receipts:
    """Deals with the receipts that lie on the sticks of one kiosk."""

    parts: CourierParts
    name: DeviceName
    state_dir: Path
    memory: CourierMemory

    def received(self, looked: Looked) -> api.CourierDone:
        """What they say, oldest first. One that is not believed is on record, and named if no other was."""
        done, note, heard = api.CourierDone(stick=looked.stick), "", set[Letter]()
        for failed in looked.failed:
            note = self._disbelieved(looked.stick, failed.code, failed.words)
        for receipt in looked.receipts:
            if self.memory.knows(receipt.receipt):
                continue
            try:
                done = self._received(_unheard(receipt, heard), done)
            except StickError as error:
                note = self._disbelieved(looked.stick, error.code, str(error))
        return done if done.standing else msgspec.structs.replace(done, note=note)

    def answered(self, looked: Looked) -> frozenset[str]:
        """The exports of which the centre says that it has everything."""
        key = self.parts.config().sync.centre_key
        return frozenset(receipt.export for receipt in looked.receipts if takes_all(receipt, key))

    def _received(self, receipt: Receipt, before: api.CourierDone) -> api.CourierDone:
        accepted, documents = self._believe(receipt, sent_of(receipt, self.memory.sent))
        self.parts.note(StickVisit(  # its commit makes the cursor lasting too: only then it is done with
            what="receipt", stick=before.stick, export=receipt.export, records=accepted
        ))  # fmt: skip
        self.memory.received(receipt.receipt, receipt.export)
        return msgspec.structs.replace(
            before, accepted=before.accepted + accepted, documents=before.documents + documents,
            standing=standing(receipt, self.parts.config().sync.centre_key),
        )  # fmt: skip

    def _believe(self, receipt: Receipt, sent: Sent) -> tuple[int, int]:
        """Hand its events over and wait until the engine has dealt with them: how many records, documents."""
        parts = self.parts
        assert parts.delivery is not None
        before, now = self._accepted(), parts.core.clock.now()
        key = parts.config().sync.centre_key
        source = StoreSource(self.state_dir, parts.keys)
        documents = 0
        for event in what_it_says(receipt, sent, Reader(self.name, key, source, now.boot_id, now.boot_ms)):
            parts.delivery.event(event)
            documents += isinstance(event, events.Inbound)
        with StoreReader.open(self.state_dir) as reader:
            done = files_done(receipt, self.name, key)
            reached = moved(reader, EvidenceStore.open(self.state_dir), done)
        if reached:
            parts.engine.submit(lambda: parts.core.store.move_cursor(PHOTOS, *reached)).result(ENGINE_S)
        return parts.engine.submit(self._accepted).result(ENGINE_S) - before, documents

    def _accepted(self) -> int:
        with StoreReader.open(self.state_dir) as reader:
            return sum(reader.cursor(DESTINATION, i.ledger_id) for i in reader.ledgers())

    def _disbelieved(self, stick: str, code: StickCode, words: str) -> str:
        log.warning("a receipt on stick %s: %s", stick[:8], words)
        self.parts.note(StickVisit(what="refused", stick=stick, code=code))
        return code


def _unheard(receipt: Receipt, heard: set[Letter]) -> Receipt:
    """Without the documents that another receipt has brought: a command read twice would be a replay."""
    documents = {letter for letter in receipt.letters if letter[0] not in ("ack", "evidence")}
    letters = tuple(letter for letter in receipt.letters if letter not in documents & heard)
    heard |= documents
    return msgspec.structs.replace(receipt, letters=letters)
