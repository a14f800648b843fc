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
from sync.centre import devices, down, files, intake
from sync.centre.devices import KeyState
from sync.centre.early import show_early
from sync.centre.incoming import Incoming, RefusedBatchError
from sync.centre.intake import Answer
from sync.centre.keys import CentreKey
from sync.centre.letter import Letter
from sync.centre.outgoing import Outgoing
from sync.centre.store import Store, Tx
from sync.centre.tally import Tally
from sync.topics import DeviceName
from sync.wire import PROTOCOL, Ack, Batch, Signed, State, WireError, decode, encode

log = logging.getLogger(__name__)
STRANGER = DeviceName("?", "?")
_UNAPPROVED = {
    "waiting": Answer("waiting_approval", 0, ZERO_HASH),
    "rejected": Answer("refused", 0, ZERO_HASH, "rejected"),
}


Reply = tuple[DeviceName, Batch, Answer] | Outgoing


@dataclass(frozen=True, slots=True)
class Sitting:
    """One transaction: its moment, what it has asked about keys, and what came on the live lane."""

    tx: Tx
    now_ms: int
    admitted: dict[tuple[DeviceName, str], KeyState]
    early: list[Incoming]


class Office:
    """Takes letters in. `now_ms` is the wall clock (UTC), told to kiosks in every acknowledgement."""

    def __init__(
        self,
        store: Store,
        key: CentreKey,
        now_ms: Callable[[], int],
        *,
        auto_approve: bool,
        tally: Tally | None = None,
    ) -> None:
        self._store = store
        self._key = key
        self._now_ms = now_ms
        self._auto_approve = auto_approve
        self.tally = tally or Tally()
        self.lanes: dict[str, Callable[[Sitting, DeviceName, Letter], list[Reply]]] = {
            "ledger": self._batch,
            "live": self._live,
            "state": self._state,
            "reply": self._reply,
            "evidence": self._evidence,
        }

    def take(self, letters: Sequence[Letter]) -> list[Outgoing]:
        """Commit all of `letters`, then say what to send. Raises `BusyError`: nothing is committed."""
        with self.tally.committing(), self._store.writing() as tx:
            tx.lock([name for letter in letters if (name := _lock_of(letter))])
            sitting = Sitting(tx, self._now_ms(), {}, [])
            replies = [reply for letter in letters for reply in self._take(sitting, letter)]
            if sitting.early:
                show_early(tx, sitting.early, sitting.now_ms)
        answers = [reply for reply in replies if not isinstance(reply, Outgoing)]
        self.tally.took(len(letters), tx.added, [answer.status for _, _, answer in answers])
        return [reply if isinstance(reply, Outgoing) else self._ack(*reply) for reply in replies]

    def due(self) -> list[Outgoing]:
        """What is to go down without having been asked for. Raises `BusyError`: nothing is committed."""
        now_ms = self._now_ms()
        with self._store.reading() as tx:
            if not down.is_due(tx, now_ms):
                return []
        with self._store.writing() as tx:
            tx.lock(["down"])
            return down.due(tx, self._key, now_ms)

    def _take(self, sitting: Sitting, letter: Letter) -> list[Reply]:
        if letter.place is None:
            devices.count_refusal(sitting.tx, STRANGER, "topic", letter.topic, sitting.now_ms)
            return []
        device, lane = letter.place
        try:
            if lane not in self.lanes:
                raise WireError("lane", lane)
            return self.lanes[lane](sitting, device, letter)
        except WireError as error:
            log.warning("%s: message on %s refused: %s", device, lane, error)
            self.tally.refused(error.reason)
            devices.count_refusal(sitting.tx, device, error.reason, str(error), sitting.now_ms)
        return []

    def _batch(self, sitting: Sitting, device: DeviceName, letter: Letter) -> list[Reply]:
        try:
            incoming = letter.batch()
        except RefusedBatchError as error:
            self._refused(sitting, device, error.batch, error.reason)
            return [(device, error.batch, Answer("refused", 0, ZERO_HASH, error.reason))]
        batch = incoming.batch
        state = self._admit(sitting, device, batch.head.key)
        if state != "approved":
            return [(device, batch, _UNAPPROVED[state])]
        answers = intake.take(sitting.tx, incoming, sitting.now_ms)
        for answer in answers:
            if answer.status in {"refused", "quarantined"}:
                self._refused(sitting, device, batch, answer.reason)
        return [(device, batch, answer) for answer in answers]

    def _admit(self, sitting: Sitting, device: DeviceName, sign_key: str) -> KeyState:
        state = sitting.admitted.get((device, sign_key))
        if state is None:
            state = devices.admit(
                sitting.tx, device, sign_key, sitting.now_ms, auto_approve=self._auto_approve
            )
            sitting.admitted[device, sign_key] = state
        return state

    def _refused(self, sitting: Sitting, device: DeviceName, batch: Batch, reason: str) -> None:
        detail = f"ledger {batch.ledger_id} from {batch.from_seq}"
        log.warning("%s: %s refused: %s", device, detail, reason)
        self.tally.refused(reason)
        devices.count_refusal(sitting.tx, device, reason, detail, sitting.now_ms)

    def _live(self, sitting: Sitting, device: DeviceName, letter: Letter) -> list[Reply]:
        try:
            sitting.early.append(letter.batch())
        except RefusedBatchError as error:
            self._refused(sitting, device, error.batch, error.reason)
        return []

    def _state(self, sitting: Sitting, device: DeviceName, letter: Letter) -> list[Reply]:
        message = decode(letter.payload, Signed)
        statement = message_statement("state", device.tenant, device.device, message.body)
        if not signature_holds(message.key, statement, message.sig):
            raise WireError("bad_signature")
        if "\\u0000" in message.body:
            raise WireError("malformed", "a NUL in a text")
        state = decode(message.body, State)
        if self._admit(sitting, device, message.key) != "rejected":
            devices.note_presence(sitting.tx, device, message, state, sitting.now_ms)
        return list(down.state_came(sitting.tx, self._key, device, state, sitting.now_ms))

    def _reply(self, sitting: Sitting, device: DeviceName, letter: Letter) -> list[Reply]:
        down.reply_came(sitting.tx, device, letter.payload, sitting.now_ms)
        return []

    def _evidence(self, sitting: Sitting, device: DeviceName, letter: Letter) -> list[Reply]:
        if files.is_chunk(letter.payload):
            return [files.answer(self._key, device, files.chunk_came(sitting.tx, device, letter.payload))]
        offer, sign_key = files.read_offer(device, letter.payload)
        if self._admit(sitting, device, sign_key) != "approved":
            return []
        return [files.answer(self._key, device, files.offered(sitting.tx, device, offer, sitting.now_ms))]

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


def _lock_of(letter: Letter) -> str:
    """What no two processes may deal with at once; nothing for what is fresh, which waits for nobody."""
    device, lane = letter.place or (STRANGER, "")
    if lane == "live":
        return ""
    return f"state:{device}" if lane == "state" else str(device)
