"""Photos and bundles as they come up: in chunks, kept as they are, whole only when the name holds.

Everything is in the database, so that any process can take the next chunk. A file is wanted when a record
of its device names it, or a reply to a command did.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Literal

from kiosk.core.sign import message_statement, signature_holds
from sync.centre.keys import CentreKey
from sync.centre.outgoing import Outgoing, signed_letter
from sync.centre.store import Tx
from sync.documents import CHUNK_BYTES, Chunk, Have, Offer
from sync.topics import DeviceName
from sync.wire import Signed, WireError, decode, encode

MAX_FILE_BYTES = 8 << 20
MAX_OFFER_BYTES = 4_096
MAX_TEMPLATE_BYTES = 1_300_000  # with base64 it goes down as one message
TO = "to:"


def read_offer(device: DeviceName, payload: bytes) -> tuple[Offer, str]:
    """The offer in `payload`, and the key that signed it. Raises `WireError`."""
    message = decode(payload, Signed, MAX_OFFER_BYTES)
    statement = message_statement("evidence", device.tenant, device.device, message.body)
    if not signature_holds(message.key, statement, message.sig):
        raise WireError("bad_signature")
    return decode(message.body, Offer), message.key


def is_chunk(payload: bytes) -> bool:
    """Whether it looks like a chunk rather than an offer."""
    return b'"data":' in payload[:4_096] and b'"sig":' not in payload[-400:]


def offered(tx: Tx, device: DeviceName, offer: Offer, now_ms: int) -> Have:
    """Note an offer of an approved device; how much of the file is here."""
    state = _shared(tx, device, offer) if offer.to else _wanted(tx, device, offer.sha256)
    if state != "partial" or offer.size > MAX_FILE_BYTES:
        return Have(sha256=offer.sha256, upto=0, state="unwanted" if state == "partial" else state)
    key = TO + offer.to if offer.to else offer.key
    tx.run(
        "INSERT INTO files VALUES (?, ?, ?, ?, 0, ?, ?, NULL) ON CONFLICT DO NOTHING",
        device.tenant, device.device, offer.sha256, offer.size, key, now_ms,
    )  # fmt: skip
    return _have(tx, device, offer.sha256)


def chunk_came(tx: Tx, device: DeviceName, payload: bytes) -> Have:
    """Take one piece of an offered file in. Raises `WireError` for one of no offered file."""
    chunk = decode(payload, Chunk, CHUNK_BYTES * 2 + 1_024)
    have = _have(tx, device, chunk.sha256)
    if have.state != "partial" or have.upto != chunk.offset:
        return have
    try:
        data = base64.b64decode(chunk.data, validate=True)
    except binascii.Error as error:
        raise WireError("malformed", str(error)) from error
    return _add(tx, device, chunk.sha256, chunk.offset, data)


def put_whole(tx: Tx, device: DeviceName, offer: Offer, content: bytes, now_ms: int) -> Have:
    """Take in a file that came as a whole, by the courier."""
    have = offered(tx, device, offer, now_ms)
    if have.state != "partial":
        return have
    tx.run(
        "DELETE FROM file_parts WHERE tenant = ? AND device = ? AND sha256 = ?",
        device.tenant, device.device, offer.sha256,
    )  # fmt: skip
    return _add(tx, device, offer.sha256, 0, content)


def answer(key: CentreKey, device: DeviceName, have: Have) -> Outgoing:
    """The signed answer."""
    return signed_letter(key, device, "evidence", "have", encode(have).decode())


def forget(tx: Tx, device: DeviceName, sha256: str) -> None:
    """Delete what is held of a file."""
    for table in ("file_parts", "files"):
        tx.run(
            f"DELETE FROM {table} WHERE tenant = ? AND device = ? AND sha256 = ?",
            device.tenant, device.device, sha256,
        )  # fmt: skip


def content_of(tx: Tx, device: DeviceName, sha256: str) -> tuple[bytes, str] | None:
    """A whole file with its sealed key."""
    row = tx.one(
        "SELECT content, sealed_key FROM files WHERE tenant = ? AND device = ? AND sha256 = ?"
        " AND content IS NOT NULL",
        device.tenant, device.device, sha256,
    )  # fmt: skip
    return (bytes(row[0]), row[1]) if row else None


def _add(tx: Tx, device: DeviceName, sha256: str, offset: int, data: bytes) -> Have:
    place = (device.tenant, device.device, sha256)
    row = tx.one("SELECT size_bytes FROM files WHERE tenant = ? AND device = ? AND sha256 = ?", *place)
    size = row[0] if row else 0
    upto = offset + len(data)
    if upto < size:
        tx.run("INSERT INTO file_parts VALUES (?, ?, ?, ?, ?)", *place, offset, data)
        tx.run("UPDATE files SET have = ? WHERE tenant = ? AND device = ? AND sha256 = ?", upto, *place)
        return Have(sha256=sha256, upto=upto, state="partial")
    parts = tx.all(
        "SELECT data FROM file_parts WHERE tenant = ? AND device = ? AND sha256 = ? AND at_byte < ?"
        " ORDER BY at_byte", *place, offset
    )  # fmt: skip
    content = b"".join([*(bytes(part) for (part,) in parts), data])
    tx.run("DELETE FROM file_parts WHERE tenant = ? AND device = ? AND sha256 = ?", *place)
    if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
        tx.run("UPDATE files SET have = 0 WHERE tenant = ? AND device = ? AND sha256 = ?", *place)
        raise WireError("bad_file", sha256[:16])
    tx.run(
        "UPDATE files SET have = ?, content = ? WHERE tenant = ? AND device = ? AND sha256 = ?",
        size, content, *place,
    )  # fmt: skip
    _pass_on(tx, device, sha256)
    return Have(sha256=sha256, upto=size, state="complete")


def _pass_on(tx: Tx, device: DeviceName, sha256: str) -> None:
    """A whole file of templates goes on to the kiosk it is for."""
    row = tx.one(
        "SELECT sealed_key FROM files WHERE tenant = ? AND device = ? AND sha256 = ?",
        device.tenant, device.device, sha256,
    )  # fmt: skip
    if row and row[0].startswith(TO):
        tx.run(
            "INSERT INTO template_letters VALUES (?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
            device.tenant, device.device, row[0].removeprefix(TO), sha256,
        )  # fmt: skip


def _shared(tx: Tx, device: DeviceName, offer: Offer) -> Literal["partial", "unwanted"]:
    """Sealed templates are passed on between kiosks that were given the roster of one site, which shares."""
    row = tx.one(
        "SELECT 1 FROM roster_sent a JOIN roster_sent b ON b.tenant = a.tenant AND b.site = a.site"
        " JOIN rosters r ON r.tenant = a.tenant AND r.site = a.site AND r.peers IS NOT NULL"
        " WHERE a.tenant = ? AND a.device = ? AND b.device = ? AND NOT EXISTS (SELECT 1 FROM rosters n"
        " WHERE n.tenant = r.tenant AND n.site = r.site AND n.version > r.version)",
        device.tenant, device.device, offer.to,
    )  # fmt: skip
    return "partial" if row and offer.size <= MAX_TEMPLATE_BYTES else "unwanted"


def _have(tx: Tx, device: DeviceName, sha256: str) -> Have:
    row = tx.one(
        "SELECT have, size_bytes FROM files WHERE tenant = ? AND device = ? AND sha256 = ?"
        f"{tx.for_update}",
        device.tenant, device.device, sha256,
    )  # fmt: skip
    if row is None:
        return Have(sha256=sha256, upto=0, state="unknown")
    return Have(sha256=sha256, upto=row[0], state="complete" if row[0] == row[1] else "partial")


def _wanted(tx: Tx, device: DeviceName, sha256: str) -> Literal["partial", "unknown", "unwanted"]:
    """`partial` when it is, else why not."""
    rows = tx.all(
        "SELECT removed FROM photos WHERE sha256 = ? AND tenant = ? AND device = ?",
        sha256, device.tenant, device.device,
    )  # fmt: skip
    rows += tx.all(
        "SELECT '' FROM commands WHERE blob = ? AND tenant = ? AND device = ?",
        sha256, device.tenant, device.device,
    )  # fmt: skip
    if not rows:
        return "unknown"
    return "partial" if any(row[0] in ("", "disk_full", "revoked") for row in rows) else "unwanted"
