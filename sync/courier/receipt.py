"""The centre's receipts: each beside the export it answers, sealed to the kiosk, believed at the next visit.

What it carries is dealt with as if it had come over MQTT: the same acceptance of acknowledgements, the same
reading of rosters and commands.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec

from kiosk.core.sign import message_statement, signature_holds
from sync import acceptance, events
from sync.courier.export import Asked, exports
from sync.courier.format import (
    MANIFEST,
    MAX_RECEIPT_BYTES,
    RECEIPT,
    ROOT,
    Id,
    Receipt,
    device_path,
    read_body,
    read_manifest,
    receipt_bound,
)
from sync.courier.stick import Folder, StickError
from sync.inbound import read_ack, read_have, read_inbound
from sync.sealing import SealError
from sync.source import LedgerSource
from sync.topics import DeviceName
from sync.wire import AckStatus, Signed, WireError, decode

STATEMENT = "courier-receipt"
FINE = ("ok", "ahead")  # a stick may come after the network, or another stick, has brought more
MOST_RECEIPT_BYTES = 2 * MAX_RECEIPT_BYTES  # of all together that one visit reads
Unseal = Callable[[bytes, bytes], bytes]
"""Opens what was sealed to the device, for a context; raises `SealError`."""


class Sent(msgspec.Struct, frozen=True):
    """When an export was made (`boot_ms` of `boot_id`), and what it asked."""

    export: Id
    boot_id: str
    boot_ms: int
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a receipt: the device, its centre, and the moment (`boot_ms` of `boot_id`)."""

    name: DeviceName
    centre_key: str
    source: LedgerSource
    boot_id: str
    boot_ms: int


def find_receipts(stick: Folder, name: DeviceName, receive_key: str) -> Iterator[bytes | StickError]:
    """What the centre left for the holder of `receive_key`, still sealed; or why one cannot be read.

    Raises `StickError`.
    """
    with ExitStack() as opened:
        place, left = stick, MOST_RECEIPT_BYTES
        for folder in (ROOT, *device_path(name)):
            if not place.has(folder):
                return
            place = opened.enter_context(place.sub(folder))
        for export in exports(place):
            try:
                sealed = _beside(place, export, receive_key, min(left, MAX_RECEIPT_BYTES))
            except StickError as error:
                yield error
                continue
            left -= len(sealed)
            if sealed:
                yield sealed


def _beside(home: Folder, export: str, receive_key: str, most_bytes: int) -> bytes:
    """The receipt beside an export; empty where there is none for this key."""
    with home.sub(export) as folder:
        if not folder.has(MANIFEST) or not folder.has(RECEIPT):
            return b""
        manifest, _ = read_manifest(folder)
        return folder.read(RECEIPT, most_bytes) if manifest.receive_key == receive_key else b""


def read_receipt(sealed: bytes, unseal: Unseal, name: DeviceName, centre_key: str) -> Receipt:
    """The receipt in `receipt.bin`. Raises `StickError`: unreadable, or unsigned."""
    try:
        message = decode(unseal(sealed, receipt_bound(name).encode()), Signed, MAX_RECEIPT_BYTES)
    except (SealError, WireError) as error:
        raise StickError("unreadable", f"the receipt: {error}") from error
    statement = message_statement(STATEMENT, name.tenant, name.device, message.body)
    if message.key != centre_key or not signature_holds(centre_key, statement, message.sig):
        raise StickError("unsigned", "the receipt is not signed by this kiosk's centre")
    return read_body(message.body, Receipt, MAX_RECEIPT_BYTES)


def sent_of(receipt: Receipt, kept: Collection[Sent]) -> Sent:
    """The export that `receipt` answers. Raises `StickError`, unknown_export: it may be old, or another's."""
    for sent in kept:
        if sent.export == receipt.export:
            return sent
    raise StickError("unknown_export", "the receipt answers no export that this kiosk knows of")


def what_it_says(receipt: Receipt, sent: Sent, reader: Reader) -> Iterator[events.SyncEvent]:
    """The events of its letters, in order: acknowledgements judged by our own hashes, documents read."""
    for lane, payload in receipt.letters:
        try:
            if lane == "ack":
                yield from _answered(payload, sent, reader)
            elif lane != "evidence":
                topic = f"{reader.name.down('ack').removesuffix('ack')}{lane}"
                yield read_inbound(topic, payload.encode(), reader.name, reader.centre_key)
        except WireError as error:
            yield events.Refused(f"courier/{lane[:20]}", error.reason)


def files_done(receipt: Receipt, name: DeviceName, centre_key: str) -> set[str]:
    """The files, by their SHA-256, that the centre holds whole or does not want."""
    found = set()
    for lane, payload in receipt.letters:
        if lane == "evidence":
            with contextlib.suppress(WireError):
                have = read_have(payload.encode(), name, centre_key)
                found |= {have.sha256} if have.state in ("complete", "unwanted") else set()
    return found


def standing(receipt: Receipt, centre_key: str) -> AckStatus:
    """The worst that its acknowledgements say, for the screen."""
    found = {_status(payload, centre_key) for lane, payload in receipt.letters if lane == "ack"}
    order: tuple[AckStatus, ...] = ("waiting_approval", "refused", "quarantined")
    return next((status for status in order if status in found), "ok")


def takes_all(receipt: Receipt, centre_key: str) -> bool:
    """Whether the centre says that it has every record of the export."""
    try:
        acks = [read_ack(payload.encode(), centre_key) for lane, payload in receipt.letters if lane == "ack"]
    except WireError:
        return False
    return bool(acks) and all(ack.status in FINE for ack in acks)


def _answered(payload: str, sent: Sent, reader: Reader) -> Iterator[events.SyncEvent]:
    ack, source = read_ack(payload.encode(), reader.centre_key), reader.source
    if not any(ack.ledger_id == one.ledger_id and ack.nonce in one.nonces for one in sent.asked):
        yield events.Refused("courier/ack", "foreign_nonce")
        return
    current = source.ledgers()[-1].ledger_id == ack.ledger_id
    ours = acceptance.is_ours(ack, source)
    if ack.status == "ok" and ours:
        sent_boot_ms = sent.boot_ms if sent.boot_id == reader.boot_id else None
        yield acceptance.acked(ack, sent_boot_ms, reader.boot_ms, "courier")
    elif ack.status in ("refused", "waiting_approval"):
        yield events.Refused("courier/ack", ack.reason or ack.status)
    elif current and not (ack.status == "ahead" and ours):
        yield acceptance.differs(ack)


def _status(payload: str, centre_key: str) -> AckStatus:
    try:
        return read_ack(payload.encode(), centre_key).status
    except WireError:
        return "ok"
