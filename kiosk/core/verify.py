"""Whether a ledger is what it claims to be: one pass over its rows, in constant memory.

It finds a record edited, missing or out of place from the chain alone; a chain computed anew from the
device's signatures and from whatever was kept elsewhere; a cut tail only from what was kept elsewhere. It
cannot find what somebody with the device's key forged after the last thing kept elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from kiosk.core.displaced import Place
from kiosk.core.payload import Erased, Genesis, Payload, Seal, from_data
from kiosk.core.proof import Anchor, Fault, FaultKind, Kept, Report, SignedHead, Span, with_erasures
from kiosk.core.record import ZERO_HASH, BadRecordError, Record, Row, chain_hash, decode_body
from kiosk.core.sign import seal_statement, signature_holds

__all__ = ["Anchor", "Kept", "Report", "SignedHead", "Verifier", "verify", "with_erasures"]


def verify(
    rows: Iterable[Row],
    *,
    device_key: str | None = None,
    centre_key: str | None = None,
    anchors: Sequence[Anchor] = (),
    head: SignedHead | None = None,
    against: Iterable[Kept] = (),
    privates: bool = True,
) -> Report:
    """Verify one ledger's rows, in the order they are stored.

    `device_key` is the key it must be signed with, where known; anchors count when `centre_key` signed them;
    `head` is what the device signed at the end; `against` comes in the order of its seqs.
    `privates=False` when the rows come without their private parts.
    """
    verifier = Verifier(device_key, centre_key, anchors, against, privates=privates)
    for row in rows:
        verifier.feed(row)
    return with_erasures([verifier.finish(head)])[0]


class Verifier:
    """Takes rows one by one; `finish` says what was found. Rows and proofs are of one ledger."""

    def __init__(
        self,
        device_key: str | None,
        centre_key: str | None,
        anchors: Sequence[Anchor],
        against: Iterable[Kept],
        *,
        privates: bool = True,
    ) -> None:
        self._wanted_key, self._centre_key, self._privates = device_key, centre_key, privates
        self._anchors = {a.upto: a for a in anchors}
        self._kept: Iterator[Kept] = iter(against)
        self._next_kept = next(self._kept, None)
        self._id = self._key = ""
        self._last = self._count = self._anchored = self._signed = 0
        self._hash = ZERO_HASH
        self._faults: list[Fault] = []
        self._place: Place | None = None
        self._notes: list[str] = []
        self._absent: list[int] = []
        self._erased: list[tuple[str, int]] = []

    def feed(self, row: Row) -> None:
        """The next row."""
        self._count += 1
        record = _decoded(row.body)
        if self._place is not None:
            self._place.see(row.seq, record.seq if record else None)
        if not self._faults and self._place is None:
            self._judge(row, record)
        if not self._faults and self._place is None and record is not None:
            self._private(row, record)
            self._payload(row, record)
            self._proofs(row)
        self._last, self._hash = max(self._last, row.seq), row.hash

    def unreadable(self, why: str) -> None:
        """The rows end here because the next ones cannot be read."""
        if not self._faults and self._place is None:
            self._fault(self._last + 1, "unreadable", why)

    def no_head(self) -> None:
        """The rows should end with a signed head, and do not."""
        if not self._faults and self._place is None:
            self._fault(
                self._last + 1, "truncated", "the file ends here, without the head that the device signed"
            )

    def finish(self, head: SignedHead | None = None) -> Report:
        """What was found in all; `head` is what the device signed at the end."""
        if self._place is not None:
            self._faults.append(self._place.fault())
        if not self._faults and head is not None:
            self._head(head)
        if not self._faults:
            self._cut()
        first = min(self._faults, key=lambda fault: fault.seq, default=None)
        end = self._last if first is None else first.seq - 1
        anchored = min(self._anchored, end)
        signed = min(max(self._signed, anchored), end)
        return Report(
            ledger_id=self._id, records=self._count, device_key=self._key, ok=first is None,
            anchored=_span(1, anchored), signed=_span(anchored + 1, signed), unproven=_span(signed + 1, end),
            first_bad_seq=first.seq if first else None, fault=first.kind if first else None,
            faults=tuple(self._faults), notes=tuple(self._notes),
            absent_private=tuple(self._absent), erased=tuple(self._erased),
        )  # fmt: skip

    def _judge(self, row: Row, record: Record | None) -> None:
        """Sequence and chain."""
        if row.seq <= self._last:
            self._fault(row.seq, "reordered", "it stands there twice, or out of its place")
            return
        if row.seq != self._last + 1:
            self._place = Place(self._last + 1, None)
            self._place.see(row.seq, record.seq if record else None)
            return
        chained = chain_hash(self._hash, row.body) == row.hash
        if record is None:
            self._fault(row.seq, "edited", "it cannot be read as a record")
        elif record.seq != row.seq and not chained and not self._only_number_edited(row):
            self._place = Place(row.seq, record.seq)
        elif not chained:
            self._fault(row.seq, "edited", "its bytes and its hash do not belong together")
        elif record.seq != row.seq or (self._id and record.ledger_id != self._id):
            self._fault(row.seq, "recomputed", "it says it is another record, yet the chain goes through it")
        elif row.seq == 1:
            self._id = record.ledger_id

    def _only_number_edited(self, row: Row) -> bool:
        restored = re.sub(rb'"seq":\d+(?=,"type":)', b'"seq":%d' % row.seq, row.body)
        return chain_hash(self._hash, restored) == row.hash

    def _private(self, row: Row, record: Record) -> None:
        if row.private is not None and row.private.hash() != record.private_hash:
            self._fault(row.seq, "edited", "its private part is not the one it was written with")
        elif record.private_hash is not None and row.private is None and self._privates:
            self._absent.append(row.seq)

    def _payload(self, row: Row, record: Record) -> None:
        payload = _payload(record)
        if row.seq == 1:
            self._genesis(payload)
        elif isinstance(payload, Seal):
            self._seal(row.seq, payload)
        elif isinstance(payload, Erased):
            self._erased += [(payload.ledger_id, seq) for seq in payload.seqs]

    def _genesis(self, payload: Payload | None) -> None:
        if not isinstance(payload, Genesis):
            self._fault(1, "recomputed", "a ledger begins with its genesis, this one does not")
            return
        self._key = payload.sign_key
        if self._wanted_key is not None and self._key != self._wanted_key:
            self._fault(
                1, "foreign_signature", f"its genesis names the key {self._key[:16]}..., not this device's"
            )

    def _seal(self, seq: int, seal: Seal) -> None:
        statement = seal_statement(self._id, seal.first, seal.last, seal.count, seal.head, seal.day)
        if seal.last != seq - 1 or seal.head != self._hash.hex():
            self._fault(
                self._signed + 1,
                "recomputed",
                f"the seal in record {seq} was made over other records than these",
            )
        elif not signature_holds(self._key, statement, seal.sig):
            self._fault(seq, "foreign_signature", "the seal is not signed with this ledger's key")
        else:
            self._signed = seal.last

    def _proofs(self, row: Row) -> None:
        found = row.hash.hex()
        anchor = self._anchors.pop(row.seq, None)
        if anchor is not None:
            self._anchor(anchor, found)
        while (kept := self._next_kept) is not None and kept.seq <= row.seq:
            if kept.seq == row.seq and kept.hash != found:
                self._other_history(row.seq, kept.source)
            elif kept.seq == row.seq and kept.anchors:
                self._anchored = row.seq
            self._next_kept = next(self._kept, None)

    def _head(self, head: SignedHead) -> None:
        if head.ledger_id != self._id or not head.holds(self._key):
            self._fault(head.seq, "foreign_signature", "the head is not signed with this ledger's key")
        elif head.seq > self._last:
            words = f"it ends at {self._last}, but the device signed a head at {head.seq}"
            self._fault(self._last + 1, "truncated", words)
        elif head.seq == self._last and head.hash != self._hash.hex():
            self._other_history(head.seq, "the head the device signed")
        elif head.seq == self._last:
            self._signed = head.seq

    def _anchor(self, anchor: Anchor, found: str) -> None:
        if self._centre_key is None or not anchor.holds(self._centre_key):
            why = (
                "the centre's key is not known here"
                if self._centre_key is None
                else "the centre did not sign it"
            )
            self._notes.append(f"an acknowledgement of record {anchor.upto} proves nothing: {why}")
        elif anchor.hash != found:
            self._other_history(anchor.upto, "the centre's acknowledgement")
        else:
            self._anchored = anchor.upto

    def _other_history(self, seq: int, source: str) -> None:
        first = max(self._anchored, self._signed) + 1
        first = min(self._anchored + 1, seq)
        words = f"{source} has another hash at record {seq}: records {first} to {seq} are not those it saw"
        self._fault(first, "recomputed", words)

    def _cut(self) -> None:
        """Whether something kept elsewhere reaches past the end."""
        beyond = [(self._next_kept.seq, self._next_kept.source)] if self._next_kept else []
        beyond += [(kept.seq, kept.source) for kept in self._kept][-1:]
        beyond += [
            (a.upto, "the centre's acknowledgement")
            for a in self._anchors.values()
            if self._centre_key and a.holds(self._centre_key)
        ]
        if beyond:
            seq, source = max(beyond)
            self._fault(
                self._last + 1, "truncated", f"it ends at {self._last}, but {source} has seen record {seq}"
            )

    def _fault(self, seq: int, kind: FaultKind, words: str) -> None:
        self._faults.append(Fault(seq, kind, f"record {seq}: {words}"))


def _decoded(body: bytes) -> Record | None:
    try:
        return decode_body(body)
    except BadRecordError:
        return None


def _payload(record: Record) -> Payload | None:
    try:
        return from_data(record.type, record.data)
    except msgspec.ValidationError:
        return None


def _span(first: int, last: int) -> Span | None:
    return Span(first, last) if first <= last else None
