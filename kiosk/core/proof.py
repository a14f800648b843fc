"""What can vouch for a ledger from outside it, and what a verification found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from kiosk.core.sign import ack_statement, head_statement, signature_holds

FaultKind = Literal[
    "edited", "missing", "reordered", "foreign_signature", "truncated", "recomputed", "unreadable"
]  # fmt: skip


class Anchor(msgspec.Struct, frozen=True):
    """The centre's signed word that it holds a ledger up to `upto`, the chain's hash (hex) being `hash`."""

    ledger_id: str
    upto: int
    hash: str
    time_ms: int
    nonce: str
    sig: str

    def holds(self, centre_key: str) -> bool:
        """Whether the centre with this public key (hex) signed it."""
        statement = ack_statement(self.ledger_id, self.upto, self.hash, self.time_ms, self.nonce)
        return signature_holds(centre_key, statement, self.sig)


class SignedHead(msgspec.Struct, frozen=True):
    """The device's signed word that its ledger's hash at `seq` is `hash` (hex)."""

    ledger_id: str
    seq: int
    hash: str
    sig: str

    def holds(self, device_key: str) -> bool:
        """Whether the device with this public key (hex) signed it."""
        return signature_holds(device_key, head_statement(self.ledger_id, self.seq, self.hash), self.sig)


class Kept(msgspec.Struct, frozen=True):
    """A hash (hex) that somebody kept elsewhere: in an export, a copy, a receipt, a photographed seal.

    `anchors` is False for what the kiosk itself keeps beside the ledger: it shows a cut, but proves nothing.
    """

    ledger_id: str
    seq: int
    hash: str
    source: str
    anchors: bool = True


class Fault(msgspec.Struct, frozen=True):
    """What is wrong, and with which record first."""

    seq: int
    kind: FaultKind
    words: str


class Span(msgspec.Struct, frozen=True):
    """The records `first` to `last`."""

    first: int
    last: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger's verification.

    `anchored` records are vouched for from outside; `signed` ones by the device's key only, which whoever
    takes the card has too; `unproven` ones by nobody yet. None of the three reaches past the first fault.
    """

    ledger_id: str
    records: int
    device_key: str
    ok: bool
    anchored: Span | None
    signed: Span | None
    unproven: Span | None
    first_bad_seq: int | None
    fault: FaultKind | None
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    absent_private: tuple[int, ...] = ()
    erased: tuple[tuple[str, int], ...] = ()


def with_erasures(reports: Sequence[Report]) -> list[Report]:
    """The reports, where a private part is absent that no `erased` record in any of the ledgers names."""
    erased = {place for report in reports for place in report.erased}
    return [_unerased(report, erased) for report in reports]


def _unerased(report: Report, erased: set[tuple[str, int]]) -> Report:
    gone = [seq for seq in report.absent_private if (report.ledger_id, seq) not in erased]
    if not gone:
        return report
    fault = Fault(
        gone[0], "missing", f"record {gone[0]}: its private part is not there, and none says it was erased"
    )
    if report.first_bad_seq is not None and report.first_bad_seq <= fault.seq:
        return msgspec.structs.replace(report, faults=(*report.faults, fault))
    return msgspec.structs.replace(
        report, ok=False, first_bad_seq=fault.seq, fault=fault.kind, faults=(fault, *report.faults)
    )
