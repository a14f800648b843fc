"""What an acknowledgement means for our ledger, however it came: over MQTT or in a courier's receipt."""

from __future__ import annotations

from sync.events import Acked, HeadDiffers, Road
from sync.source import LedgerSource
from sync.wire import Ack


def is_ours(ack: Ack, source: LedgerSource) -> bool:
    """Whether the centre's hash is ours too at the place it names."""
    ends = {head.ledger_id: head.seq for head in source.ledgers()}
    if ack.upto > ends.get(ack.ledger_id, -1):
        return False
    return source.hash_at(ack.ledger_id, ack.upto).hex() == ack.hash


def acked(ack: Ack, sent_boot_ms: int | None, received_boot_ms: int, road: Road = "centre") -> Acked:
    """The event of an acknowledgement that `is_ours`."""
    return Acked(
        ledger_id=ack.ledger_id,
        upto=ack.upto,
        hash=ack.hash,
        time_ms=ack.time_ms,
        nonce=ack.nonce,
        sig=ack.sig,
        sent_boot_ms=sent_boot_ms,
        received_boot_ms=received_boot_ms,
        road=road,
    )


def differs(ack: Ack) -> HeadDiffers:
    """The event of an answer that shows another history than ours."""
    common = (ack.common.seq, ack.common.hash) if ack.common else (-1, "")
    return HeadDiffers(ack.ledger_id, ack.upto, ack.hash, *common)
