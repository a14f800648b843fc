"""Which part of each ledger has to be delivered, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from sync.source import LedgerHead


@dataclass(frozen=True, slots=True)
class Stretch:
    """A ledger up to `end`; what lies beyond the place a newer ledger links to is never sent."""

    ledger_id: str
    end: int
    current: bool


def stretches(heads: list[LedgerHead]) -> list[Stretch]:
    """The stretches of `heads` (oldest first); the last is the ledger being written."""
    ends = {head.ledger_id: head.seq for head in heads}
    for head in heads:
        link = head.previous
        if link and link.ledger_id in ends:
            ends[link.ledger_id] = min(ends[link.ledger_id], link.seq)
    return [Stretch(head.ledger_id, ends[head.ledger_id], head is heads[-1]) for head in heads]
