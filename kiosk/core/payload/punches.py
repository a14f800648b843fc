"""Punches, refusals, and the photos and checks beside them."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from kiosk.core.payload.base import Payload

Method = Literal["finger", "face", "finger+face", "pin", "terminal", "paper", "special"]
SpecialCategory = Literal["field_duty", "ceremony", "briefing", "other"]


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The site a punch was taken at; coordinates in units of 1e-7 degree.

    With a GPS `fix` says what it proved (`ok`, `outside`, `no_fix`, `doubtful`) and `distance_m` how far off.
    """

    site: str
    lat_e7: int | None = None
    lon_e7: int | None = None
    fix: str = ""
    distance_m: int | None = None


class Versions(msgspec.Struct, frozen=True):
    """What the verdict was made with."""

    policy: str
    calendar: str
    roster: str


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verdict as the person saw it; see `kiosk.core.rules.Verdict` for the words."""

    code: str
    direction: Literal["in", "out", "none"]
    session: str = ""
    late_s: int = 0
    early_s: int = 0
    absence: str = ""
    overtime_s: int = 0


class FaceProof(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a recognition rests on; scores are thousandths of a cosine.

    `second_milli` is the next best person's, `frames` how many were averaged, `liveness` the words of the
    liveness check in their order; `suspect`: it failed where it only flags. `provenance` of the threshold.
    """

    threshold_milli: int
    second_milli: int
    frames: int
    took_ms: int
    liveness: tuple[str, ...] = ()
    suspect: bool = False
    provenance: str = ""


class Punch(Payload, frozen=True):
    """A person was identified and taken as present. `score` is the device's own scale.

    `witness` is whose finger stood by a PIN; `claimed_ms` the UTC time that a paper entry claims;
    a `queued` one counts provisionally until a `validation`. `category` is a special punch's.
    `face` is there when a face was recognised; then `score` is its similarity in thousandths.
    """

    TYPE: ClassVar[str] = "punch"
    person_id: str
    method: Method
    device: str
    grade: str
    shown: Shown
    place: Place
    versions: Versions
    slot: int | None = None
    score: int | None = None
    source_key: str | None = None
    simulated: bool = False
    witness: str | None = None
    claimed_ms: int | None = None
    category: str = ""
    queued: bool = False
    chosen: Literal["in", "out", "none"] = "none"
    face: FaceProof | None = None


class Repeat(Payload, frozen=True):
    """A further tap inside the duplicate window of punch `of_seq`: no new punch, but a fact."""

    TYPE: ClassVar[str] = "repeat"
    person_id: str
    of_seq: int
    method: Method
    device: str


class Refusal(Payload, frozen=True):
    """Something was not taken; the same cause is one record a minute, `count` of them."""

    TYPE: ClassVar[str] = "refusal"
    cause: str
    device: str
    count: int
    first_boot_ms: int
    last_boot_ms: int
    person_id: str | None = None
    detail: str = ""


class Evidence(Payload, frozen=True):
    """A photo belonging to punch `punch_seq`, encrypted in a file named by its ciphertext's SHA-256.

    `punch_seq` may be a refusal's. `fit_milli` is how alike the face on it is to the person's, where known.
    """

    TYPE: ClassVar[str] = "evidence"
    punch_seq: int
    kind: str
    ciphertext_sha256: str
    size_bytes: int
    fit_milli: int | None = None


class Flag(Payload, frozen=True):
    """Punch `punch_seq` counts, and somebody should look at it: `face_differs`, `liveness`."""

    TYPE: ClassVar[str] = "flag"
    punch_seq: int
    person_id: str
    why: str
    fit_milli: int | None = None


class EvidenceRemoved(Payload, frozen=True):
    """Photos that were deleted, by the SHA-256 of their ciphertext."""

    TYPE: ClassVar[str] = "evidence_removed"
    ciphertext_sha256s: tuple[str, ...]
    reason: str
