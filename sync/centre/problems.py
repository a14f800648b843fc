"""What an operator should look at, as sentences that say what to do."""

from __future__ import annotations

from sync.centre.report_types import DeviceReport, LedgerReport


def problems(keys: list[DeviceReport], books: list[LedgerReport]) -> list[str]:
    """Devices that wait, ledgers that are quarantined, unlinked, or held only here."""
    waiting = [
        f"{k.tenant}/{k.device} waits for approval with key {k.key[:16]}:"
        f" compare it with the kiosk's own, then `hadir-centre approve {k.tenant}/{k.device}`"
        for k in keys
        if k.state == "waiting"
    ]
    return waiting + [text for book in books if (text := _ledger_problem(book))]


def _ledger_problem(book: LedgerReport) -> str:
    where = f"ledger {book.ledger_id} of {book.tenant}/{book.device}"
    if book.standing == "quarantined":
        return (
            f"{where} is QUARANTINED ({book.reason}): {book.forked} records of another history are kept;"
            " nothing more of it is acknowledged. Was the card copied?"
            f" See `hadir-centre settle {book.ledger_id}`"
        )
    if book.reason == "unlinked":
        return f"{where} was begun without a link to the device's older ledger: was the card replaced?"
    if book.followed == "salvaged" and book.linked_at is not None:
        found = f"at record {book.linked_at + 1}" if book.only_here else f"after record {book.linked_at}"
        return (
            f"{where} was damaged or ALTERED at the kiosk {found}: what had come before is kept and counts,"
            " the kiosk goes on in a linked ledger. Who was at its card? See `kioskctl ledger verify` there"
        )
    if book.only_here:
        return (
            f"{where}: its last {book.only_here} records are only here;"
            f" the kiosk was put back and went on from {book.linked_at}"
        )
    return ""
