"""Taking a batch in: the one place that decides what becomes of a record at the centre.

Runs inside a write transaction with the ledger's row locked, so that any number of centre
processes come to the same result in any order; an answer may be sent only after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.record import ZERO_HASH
from sync.centre import ledgers, links
from sync.centre.genesis import genesis_in
from sync.centre.incoming import Arrived, Incoming, read_batch
from sync.centre.ledgers import Ledger
from sync.centre.projection import project
from sync.centre.store import Tx
from sync.wire import AckStatus, Batch, Point


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the device about a batch."""

    status: AckStatus
    upto: int
    hash: bytes
    reason: str = ""
    common: Point | None = None


def take(tx: Tx, incoming: Incoming, now_ms: int) -> list[Answer]:
    """Store what is new of `incoming` (of an approved device) and say where its ledger stands."""
    batch = incoming.batch
    ledger = ledgers.lock(tx, batch.ledger_id)
    if ledger is None:
        if not incoming.records:
            return [Answer("ok", 0, ZERO_HASH)]
        if refusal := _bad_genesis(incoming):
            return [Answer("refused", 0, ZERO_HASH, refusal)]
        ledger = ledgers.open_locked(tx, incoming, now_ms)
    if ledger.device != incoming.device or ledger.sign_key != batch.head.key:
        return [Answer("refused", 0, ZERO_HASH, "foreign_ledger")]
    if batch.from_seq > ledger.head_seq + 1:
        if incoming.records and not ledger.frozen:
            ledgers.stage(tx, ledger, incoming, now_ms)
        return [_standing_at(tx, ledger, batch.last)]
    answers = _absorb(tx, ledger, incoming, now_ms)
    while not ledger.frozen and (payload := ledgers.unstage(tx, ledger)):
        _absorb(tx, ledger, read_batch(incoming.device, payload), now_ms)
    ledgers.save(tx, ledger, now_ms)
    if not answers and ledger.frozen:
        answers = [_standing_at(tx, ledger, batch.last), _quarantined(ledger, None)]
    return answers or _whole(tx, ledger, batch.last)


def _absorb(tx: Tx, ledger: Ledger, incoming: Incoming, now_ms: int) -> list[Answer]:
    """Store the new part; answers only when something is wrong with it."""
    batch = incoming.batch
    if _follows(ledger, batch) and not ledger.frozen and ledger.linked_at is None:
        return _append(tx, ledger, incoming, incoming.records, now_ms) if incoming.records else []
    held = ledgers.hashes(tx, ledger.ledger_id, batch.from_seq - 1, min(incoming.upto, ledger.head_seq))
    if held.get(batch.from_seq - 1) != bytes.fromhex(batch.prev_hash):
        return _fork(tx, ledger, incoming, incoming.records, None, now_ms)
    other = next((r for r in incoming.records if held.get(r.seq, r.hash) != r.hash), None)
    if other is not None:
        common = Point(other.seq - 1, (held | {0: ZERO_HASH})[other.seq - 1].hex())
        tail = [r for r in incoming.records if r.seq >= other.seq]
        return _fork(tx, ledger, incoming, tail, common, now_ms)
    new = [r for r in incoming.records if r.seq > ledger.head_seq]
    if not new:
        return []
    head = Point(ledger.head_seq, ledger.head_hash.hex())
    if ledger.frozen:
        return _fork(tx, ledger, incoming, new, head, now_ms, ledger.reason or "fork")
    if links.continues_after_successor(ledger, new[-1].seq):
        return _fork(tx, ledger, incoming, new, head, now_ms, "continued")
    return _append(tx, ledger, incoming, new, now_ms)


def _follows(ledger: Ledger, batch: Batch) -> bool:
    """Whether the batch begins right after what is held: nearly all do, and need no further look."""
    return batch.from_seq == ledger.head_seq + 1 and batch.prev_hash == ledger.head_hash.hex()


def _append(tx: Tx, ledger: Ledger, incoming: Incoming, new: list[Arrived], now_ms: int) -> list[Answer]:
    before = ledger.head_seq
    if before == 0 and (refusal := _bad_genesis(incoming)):
        return [Answer("refused", 0, ZERO_HASH, refusal)]
    ledgers.append(tx, ledger, new, now_ms)
    ledgers.keep_head(tx, ledger.ledger_id, incoming.batch.head, now_ms)
    project(tx, ledger, new, now_ms)
    if before == 0 and (genesis := genesis_in(new[0].envelope)):
        links.follow(tx, ledger, genesis, now_ms)
    links.settle(tx, ledger, before, now_ms)
    if ledger.standing == "quarantined":
        return [_quarantined(ledger, None)]
    return []


def _fork(
    tx: Tx, ledger: Ledger, incoming: Incoming, records: list[Arrived], common: Point | None, now_ms: int,
    reason: str = "fork",
) -> list[Answer]:  # fmt: skip
    """Another history: keep both, quarantine the ledger unless a link has already explained it."""
    if not records:
        return [_quarantined(ledger, common)]
    ledgers.keep_fork(tx, ledger.ledger_id, records, now_ms)
    ledgers.keep_head(tx, ledger.ledger_id, incoming.batch.head, now_ms)
    explained = reason == "fork" and common and links.explains(ledger, common.seq)
    if not explained and ledger.standing != "settled":
        ledger.standing, ledger.reason = "quarantined", reason
    answers = [_standing_at(tx, ledger, common.seq)] if common and common.seq else []
    return [*answers, _quarantined(ledger, common)]


def _quarantined(ledger: Ledger, common: Point | None) -> Answer:
    return Answer("quarantined", ledger.head_seq, ledger.head_hash, ledger.reason or "fork", common)


def _standing_at(tx: Tx, ledger: Ledger, most: int) -> Answer:
    """What is committed, no further than `most`: the device can check only what it has itself."""
    if ledger.head_seq <= most:
        return Answer("ok", ledger.head_seq, ledger.head_hash)
    return Answer("ok", most, ledgers.hashes(tx, ledger.ledger_id, most, most)[most])


def _whole(tx: Tx, ledger: Ledger, last: int) -> list[Answer]:
    """The acknowledgement, and that we hold more than the device says it has, where we do."""
    answer = _standing_at(tx, ledger, last)
    if ledger.head_seq <= last:
        return [answer]
    common = Point(answer.upto, answer.hash.hex())
    return [answer, Answer("ahead", ledger.head_seq, ledger.head_hash, common=common)]


def _bad_genesis(incoming: Incoming) -> str:
    """Why these records cannot open a ledger of this device; empty when they can, or do not begin one."""
    if incoming.batch.from_seq != 1:
        return ""
    genesis = genesis_in(incoming.records[0].envelope)
    if genesis is None:
        return "no_genesis"
    device = incoming.device
    said = (genesis.tenant, genesis.device_id, genesis.sign_key)
    return "" if said == (device.tenant, device.device, incoming.batch.head.key) else "foreign_genesis"
