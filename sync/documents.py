"""The documents that come down signed by the centre, by MQTT or on a stick, and what is answered to them.

Each is the `body` of a `sync.wire.Signed`, bound to one tenant and device by `sign.message_statement`. A
roster has a version and no expiry; a command has a counter and an expiry (docs/protocol.md, "Down").
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Annotated, Literal

import msgspec

from kiosk.core.payload import AbsenceKind
from kiosk.core.sign import message_statement, signature_holds
from sync.topics import DeviceName
from sync.wire import MAX_MESSAGE_BYTES, Hash, Seq, Signed, WireError, decode

MAX_CONTENT_BYTES = 16 * 1024 * 1024
MAX_PACKED_BYTES = 1_900_000
MAX_COMMAND_BYTES = 8_192
MAX_REPLY_BYTES = 512 * 1024
MAX_ANSWER_CHARS = 262_144
CHUNK_BYTES = 32_768

Kind = Literal["roster", "command", "template"]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Ruling = Literal["accept", "reject", "in", "out", "note"]
Outcome = Literal["done", "failed", "refused"]


class _Row(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    pass


class RosterPerson(_Row, frozen=True):
    """One person of a site; `category` is empty where the number says it."""

    number: str
    name: str
    unit: str = ""
    category: str = ""
    active: bool = True


class RosterAbsence(_Row, frozen=True):
    """Leave, permission, sickness or field duty on local days; `id` names exactly these facts."""

    id: str
    number: str
    kind: AbsenceKind
    first: Day
    last: Day
    half: Literal["", "morning", "afternoon"] = ""
    letter: str = ""
    note: str = ""


class Decision(_Row, frozen=True):
    """What the centre decided about the punch `seq` of one ledger, after a dispute or a validation."""

    id: str
    ledger_id: str
    seq: int
    ruling: Ruling
    note: str = ""


class Peer(_Row, frozen=True):
    """Another kiosk of the site, and the X25519 key (hex) that templates for it are sealed to."""

    device: str
    receive_key: Hash


class RosterContent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a roster holds: everything of a site, or (in a delta) what is new, and what is `gone`.

    `policy` and `calendar` are TOML; `None`: the kiosk's own file is in force (in a delta: as before).
    `peers` are the site's kiosks, where `templates_shared`.
    """

    people: tuple[RosterPerson, ...] = ()
    absences: tuple[RosterAbsence, ...] = ()
    decisions: tuple[Decision, ...] = ()
    policy: str | None = None
    calendar: str | None = None
    templates_shared: bool = False
    peers: tuple[Peer, ...] = ()
    gone_people: tuple[str, ...] = ()
    gone_absences: tuple[str, ...] = ()
    gone_decisions: tuple[str, ...] = ()


class Roster(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of `down/roster`. `base` 0: the whole of `version`; else what changed since version `base`.

    `content` is base64 of zlib of a `RosterContent`'s JSON.
    """

    site: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    version: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    made_ms: Seq
    content: Annotated[str, msgspec.Meta(max_length=MAX_PACKED_BYTES)]
    base: Seq = 0


class Blob(msgspec.Struct, frozen=True):
    """A file that comes up in chunks, by the SHA-256 of its bytes."""

    sha256: Hash
    size: Seq


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of `up/reply`: what became of a command (`number` its counter) or a roster (its version).

    About a `document`: something that came down was refused. `words` is then a word of docs/protocol.md.
    `key` is the new signing key after `rotate_key`. About a `template` file, `words` is its SHA-256.
    """

    about: Literal["command", "roster", "document", "template"]
    number: Seq
    outcome: Outcome
    words: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    text: Annotated[str, msgspec.Meta(max_length=MAX_ANSWER_CHARS)] = ""
    blob: Blob | None = None
    key: str = ""


class Offer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of a signed offer on `up/evidence`: a file the device has, asking how much of it is there.

    `key` (hex) is the key that opens a photo, sealed to the centre, bound to `photo_context`. `to` names the
    kiosk of the same site that a file of sealed templates is for.
    """

    sha256: Hash
    size: Seq
    to: Annotated[str, msgspec.Meta(max_length=120)] = ""
    key: Annotated[str, msgspec.Meta(max_length=400)] = ""


class Chunk(msgspec.Struct, frozen=True):
    """A piece of a file on `up/evidence`; unsigned: the whole is checked by its name. `data` is base64."""

    v: int
    sha256: Hash
    offset: Seq
    data: Annotated[str, msgspec.Meta(max_length=CHUNK_BYTES * 2)]


class Have(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of the signed answer on `down/evidence`: the first `upto` bytes are committed.

    `state` `complete`: all of them, and the name holds; `unknown`: no record names this file (yet);
    `unwanted`: it is not wanted any more.
    """

    sha256: Hash
    upto: Seq
    state: Literal["partial", "complete", "unknown", "unwanted"]


class SharedTemplate(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One finger or face of a person; `template` is base64, `format` the sensor's or engine's family."""

    number: str
    purpose: Literal["finger", "face"]
    part: str
    format: str
    template: str = ""
    consent: str = ""
    consent_sha256: str = ""


class TemplateFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one kiosk shares with another: new templates, and (number, purpose, part) of removed ones."""

    templates: tuple[SharedTemplate, ...] = ()
    gone: tuple[tuple[str, str, str], ...] = ()


class TemplateLetter(msgspec.Struct, frozen=True):
    """The body of `down/template`: a sealed `TemplateFile` (base64) of the kiosk `sender`, as it came up."""

    sender: Annotated[str, msgspec.Meta(max_length=120)]
    sha256: Hash
    sealed: Annotated[str, msgspec.Meta(max_length=MAX_PACKED_BYTES)]


def pack(content: RosterContent) -> str:
    """What stands in `Roster.content`."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(content), 9)).decode("ascii")


def unpack(packed: str) -> RosterContent:
    """The content of a roster. Raises `WireError` with reason malformed or too_large."""
    try:
        unzip = zlib.decompressobj()
        raw = unzip.decompress(base64.b64decode(packed, validate=True), MAX_CONTENT_BYTES)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise WireError("malformed", str(error)) from error
    if not unzip.eof:
        raise WireError("too_large" if unzip.unconsumed_tail else "malformed", "a roster's content")
    return decode(raw, RosterContent, MAX_CONTENT_BYTES)


def read_signed(kind: str, payload: bytes, name: DeviceName, key: str, limit_bytes: int) -> str:
    """The body of a signed message of `key` for this device.

    Raises `WireError`: too_large, malformed, version, signature, or foreign (another device's).
    """
    message = decode(payload, Signed, limit_bytes)
    statement = message_statement(kind, name.tenant, name.device, message.body)
    if message.key != key or not signature_holds(key, statement, message.sig):
        raise WireError("signature")
    return message.body


def read_document(kind: Kind, payload: bytes, name: DeviceName, centre_key: str) -> str:
    """The body of a roster or command of the centre for this device. Raises `WireError`."""
    limit = MAX_COMMAND_BYTES if kind == "command" else MAX_MESSAGE_BYTES
    return read_signed(kind, payload, name, centre_key, limit)


def read_roster(body: str) -> Roster:
    """The roster in a verified body. Raises `WireError`."""
    return decode(body, Roster)


def template_context(tenant: str, sender: str, to: str) -> bytes:
    """What a file of templates is bound to."""
    return f"hadir-templates-v1\n{tenant}\n{sender}\n{to}\n".encode()


def photo_context(name: DeviceName) -> bytes:
    """What the sealed key of a device's photos is bound to."""
    return f"hadir-photo-key-v1\n{name}\n".encode()
