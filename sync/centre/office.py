"""One transaction's worth of messages: checked, stored together, then answered.

Taking many messages into one commit is what lets one fsync serve a whole rush.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from kiosk.core.record import ZERO_HASH
from kiosk.core.sign import message_statement, signature_holds
from sync.centre import devices, intake
from sync.centre.incoming import Incoming, RefusedBatchError, read_batch
from sync.centre.intake import Answer
from sync.centre.keys import CentreKey
from sync.centre.store import Store, Tx
from sync.topics import DeviceName, parse_up
from sync.wire import PROTOCOL, Ack, Batch, Signed, State, WireError, decode, encode

log = logging.getLogger(__name__)
STRANGER = DeviceName("?", "?")
_UNAPPROVED = {
    "waiting": Answer("waiting_approval", 0, ZERO_HASH),
    "rejected": Answer("refused", 0, ZERO_HASH, "rejected"),
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a device."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came from the broker."""

    topic: str
    payload: bytes


class Office:
    """Takes letters in. `now_ms` is the wall clock (UTC), told to kiosks in every acknowledgement."""

    def __init__(
        self, store: Store, key: CentreKey, now_ms: Callable[[], int], *, auto_approve: bool
    ) -> None:
        self._store = store
        self._key = key
        self._now_ms = now_ms
        self._auto_approve = auto_approve

    def take(self, letters: Sequence[Letter]) -> list[Outgoing]:
        """Commit all of `letters`, then say what to send. Raises `BusyError`: nothing is committed."""
        with self._store.writing() as tx:
            answers = [answer for letter in letters for answer in self._take(tx, letter)]
        return [self._ack(device, batch, answer) for device, batch, answer in answers]

    def _take(self, tx: Tx, letter: Letter) -> list[tuple[DeviceName, Batch, Answer]]:
        place = parse_up(letter.topic)
        if place is None:
            devices.count_refusal(tx, STRANGER, "topic", letter.topic, self._now_ms())
            return []
        device, lane = place
        try:
            if lane == "ledger":
                return self._batch(tx, device, letter.payload)
            if lane == "live":
                self._live(tx, device, letter.payload)
            elif lane == "state":
                self._state(tx, device, letter.payload)
            else:
                raise WireError("lane", lane)
        except WireError as error:
            log.warning("%s: message on %s refused: %s", device, lane, error)
            devices.count_refusal(tx, device, error.reason, str(error), self._now_ms())
        return []

    def _batch(self, tx: Tx, device: DeviceName, payload: bytes) -> list[tuple[DeviceName, Batch, Answer]]:
        try:
            incoming = read_batch(device, payload)
        except RefusedBatchError as error:
            self._refused(tx, device, error.batch, error.reason)
            return [(device, error.batch, Answer("refused", 0, ZERO_HASH, error.reason))]
        batch = incoming.batch
        state = self._admit(tx, incoming)
        if state != "approved":
            return [(device, batch, _UNAPPROVED[state])]
        answers = intake.take(tx, incoming, self._now_ms())
        for answer in answers:
            if answer.status in {"refused", "quarantined"}:
                self._refused(tx, device, batch, answer.reason)
        return [(device, batch, answer) for answer in answers]

    def _admit(self, tx: Tx, incoming: Incoming) -> devices.KeyState:
        return devices.admit(
            tx, incoming.device, incoming.batch.head.key, self._now_ms(), auto_approve=self._auto_approve
        )

    def _refused(self, tx: Tx, device: DeviceName, batch: Batch, reason: str) -> None:
        detail = f"ledger {batch.ledger_id} from {batch.from_seq}"
        log.warning("%s: %s refused: %s", device, detail, reason)
        devices.count_refusal(tx, device, reason, detail, self._now_ms())

    def _live(self, tx: Tx, device: DeviceName, payload: bytes) -> None:
        try:
            incoming = read_batch(device, payload)
        except RefusedBatchError as error:
            self._refused(tx, device, error.batch, error.reason)
            return
        if self._admit(tx, incoming) == "approved":
            intake.show_early(tx, incoming, self._now_ms())

    def _state(self, tx: Tx, device: DeviceName, payload: bytes) -> None:
        message = decode(payload, Signed)
        statement = message_statement("state", device.tenant, device.device, message.body)
        if not signature_holds(message.key, statement, message.sig):
            raise WireError("bad_signature")
        state = decode(message.body, State)
        now_ms = self._now_ms()
        admitted = devices.admit(tx, device, message.key, now_ms, auto_approve=self._auto_approve)
        if admitted != "rejected":
            devices.note_presence(tx, device, (message.key, state.status, message.body), now_ms)

    def _ack(self, device: DeviceName, batch: Batch, answer: Answer) -> Outgoing:
        ack = Ack(
            v=PROTOCOL,
            ledger_id=batch.ledger_id,
            upto=answer.upto,
            hash=answer.hash.hex(),
            time_ms=self._now_ms(),
            nonce=batch.nonce,
            status=answer.status,
            sig="",
            reason=answer.reason,
            common=answer.common,
        )
        signed = msgspec.structs.replace(ack, sig=self._key.sign(ack.statement()))
        return Outgoing(device.down("ack"), encode(signed))
