"""Which branch of a quarantined ledger stands: an operator decides, the centre signs and both are kept.

A settled ledger takes nothing more. A device that goes on with it is told so and opens a new, linked ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from kiosk.core.record import ZERO_HASH, chain_hash
from sync.centre import ledgers
from sync.centre.envelope import envelope_of
from sync.centre.incoming import stored
from sync.centre.keys import CentreKey
from sync.centre.ledgers import Ledger
from sync.centre.projection import project
from sync.centre.rebuild import pages
from sync.centre.store import Tx


class CannotSettleError(Exception):
    """There is nothing to decide, or no such branch; says what there is."""


class BranchReport(msgspec.Struct, frozen=True):
    """One history of a ledger from where it leaves the held one; number 0 is the held one itself.

    `signed` says whether its end is under the device's signature; times are UTC milliseconds.
    """

    number: int
    first: int
    last: int
    head: str
    signed: bool
    first_ms: int | None
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class _Branch:
    report: BranchReport
    rows: list[tuple[int, bytes, bytes]]


def branches(tx: Tx, ledger_id: str) -> list[BranchReport]:
    """The histories there are. Raises `CannotSettleError`."""
    return [branch.report for branch in _branches(tx, _quarantined(tx, ledger_id))]


def settle(tx: Tx, ledger_id: str, number: int, because: str, key: CentreKey, now_ms: int) -> BranchReport:
    """Let branch `number` stand. Raises `CannotSettleError`."""
    ledger = _quarantined(tx, ledger_id)
    tx.lock([str(ledger.device)])
    found = {branch.report.number: branch for branch in _branches(tx, ledger)}
    if number not in found:
        raise CannotSettleError(f"{ledger_id} has no branch {number}; there are {sorted(found)}")
    chosen = found[number]
    if number:
        _exchange(tx, ledger, chosen, now_ms)
    ledger.standing, ledger.reason = "settled", ""
    ledgers.save(tx, ledger, now_ms)
    statement = settlement_statement(ledger_id, ledger.head_seq, ledger.head_hash.hex(), now_ms, because)
    tx.run(
        "INSERT INTO settlements VALUES (?, ?, ?, ?, ?, ?)",
        ledger_id, now_ms, ledger.head_seq, ledger.head_hash, because, key.sign(statement),
    )  # fmt: skip
    return chosen.report


def settlement_statement(ledger_id: str, seq: int, head_hex: str, at_ms: int, because: str) -> bytes:
    """What the centre signs: the history that ends in this hash stands."""
    return f"hadir-settlement-v1\n{ledger_id}\n{seq}\n{head_hex}\n{at_ms}\n{because}\n".encode()


def _quarantined(tx: Tx, ledger_id: str) -> Ledger:
    ledger = ledgers.lock(tx, ledger_id)
    if ledger is None:
        raise CannotSettleError(f"there is no ledger {ledger_id}; see `hadir-centre status`")
    if ledger.standing != "quarantined":
        raise CannotSettleError(f"{ledger_id} is {ledger.standing}: there is nothing to decide")
    return ledger


def _branches(tx: Tx, ledger: Ledger) -> list[_Branch]:
    """The held history after the first difference, then each chain that the kept records make."""
    forks = [
        (seq, bytes(hash_), bytes(body))
        for seq, hash_, body in tx.all(
            "SELECT seq, hash, body FROM forks WHERE ledger_id = ? ORDER BY seq, hash", ledger.ledger_id
        )
    ]
    first = min((seq for seq, _, _ in forks), default=ledger.head_seq + 1)
    held = _rows(tx, ledger.ledger_id, first)
    chains: list[list[tuple[int, bytes, bytes]]] = []
    ends = ledgers.hashes(tx, ledger.ledger_id, first - 1, ledger.head_seq)
    for seq, hash_, body in forks:
        longer = next(
            (c for c in chains if c[-1][0] == seq - 1 and chain_hash(c[-1][1], body) == hash_), None
        )
        if longer is not None:
            longer.append((seq, hash_, body))
        elif seq - 1 in ends and chain_hash(ends[seq - 1], body) == hash_:
            chains.append([(seq, hash_, body)])
    return [
        _Branch(_report(tx, ledger, number, first, rows), rows) for number, rows in enumerate([held, *chains])
    ]


def _rows(tx: Tx, ledger_id: str, first: int) -> list[tuple[int, bytes, bytes]]:
    rows = tx.all(
        "SELECT seq, hash, body FROM records WHERE ledger_id = ? AND seq >= ? ORDER BY seq", ledger_id, first
    )
    return [(seq, bytes(hash_), bytes(body)) for seq, hash_, body in rows]


def _report(
    tx: Tx, ledger: Ledger, number: int, first: int, rows: list[tuple[int, bytes, bytes]]
) -> BranchReport:
    seq, head = (rows[-1][0], rows[-1][1]) if rows else (ledger.head_seq, ledger.head_hash)
    signed = tx.one(
        "SELECT 1 FROM heads WHERE ledger_id = ? AND seq = ? AND hash = ?", ledger.ledger_id, seq, head
    )
    walls = [made.at.wall_ms for _, _, body in rows if (made := envelope_of(body))]
    return BranchReport(
        number=number,
        first=rows[0][0] if rows else first,
        last=seq,
        head=head.hex(),
        signed=signed is not None,
        first_ms=walls[0] if walls else None,
        last_ms=walls[-1] if walls else None,
    )


def _privates_of_forks(tx: Tx, ledger_id: str) -> dict[bytes, tuple[str, str]]:
    rows = tx.all("SELECT hash, salt, text FROM fork_private_parts WHERE ledger_id = ?", ledger_id)
    return {bytes(hash_): (salt, text) for hash_, salt, text in rows}


def _exchange(tx: Tx, ledger: Ledger, chosen: _Branch, now_ms: int) -> None:
    """The held history from the difference on goes aside, the chosen one takes its place."""
    begin = chosen.report.first
    privates = _privates_of_forks(tx, ledger.ledger_id)
    aside = [record for page in pages(tx, ledger.ledger_id, begin - 1) for record in page]
    ledgers.put_aside(tx, ledger.ledger_id, aside, now_ms)
    for table in ("records", "punches", "early_punches", "private_parts"):
        tx.run(f"DELETE FROM {table} WHERE ledger_id = ? AND seq >= ?", ledger.ledger_id, begin)
    tx.run("DELETE FROM carried WHERE carrier_id = ? AND carrier_seq >= ?", ledger.ledger_id, begin)
    for table in ("forks", "fork_private_parts"):
        tx.many(
            f"DELETE FROM {table} WHERE ledger_id = ? AND seq = ? AND hash = ?",
            [(ledger.ledger_id, seq, hash_) for seq, hash_, _ in chosen.rows],
        )
    records = [stored(seq, hash_, body, privates.get(hash_)) for seq, hash_, body in chosen.rows]
    ledger.head_seq, ledger.head_hash = begin - 1, ZERO_HASH
    ledgers.append(tx, ledger, records, now_ms)
    project(tx, ledger, records, now_ms)
