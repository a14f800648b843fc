"""Photos and other files go up after the punches: one at a time, in chunks, each acknowledged by the centre.

A file is known by the SHA-256 of its bytes. Asked how much of it the centre holds, the centre answers; the
rest is sent from there, however often kiosk, broker or centre were killed in between.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sync.documents import CHUNK_BYTES, Chunk, Have, Offer
from sync.wire import PROTOCOL, encode

ANSWER_S = 20.0
AGAIN_S = 60.0
MOST_OFFERS = 5
MOST_UNKNOWN = 30


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send; `key` is the sealed key that opens it, if it is a photo; `to` whom it is for."""

    sha256: str
    size: int
    key: str = ""
    photo: bool = True
    to: str = ""


class FileSource(Protocol):
    """The files of the daemon, used by the publisher's thread only."""

    def next_file(self, *, photos: bool) -> Upload | None:
        """The next one to send; without `photos` only what was asked for."""

    def read(self, sha256: str, offset: int, size: int) -> bytes:
        """A piece of one; empty when it is gone."""

    def sent(self, file: Upload, *, wanted: bool) -> None:
        """The centre has all of it, or does not want it."""


class Uploads:
    """What of which file is under way. `clock` counts seconds."""

    def __init__(
        self,
        files: FileSource,
        send_offer: Callable[[Offer], int | None],
        send_chunk: Callable[[bytes], int | None],
        clock: Callable[[], float],
        *,
        metered: bool,
    ) -> None:
        self._files, self._offer, self._chunk, self._clock = files, send_offer, send_chunk, clock
        self.metered = metered
        self._file: Upload | None = None
        self._waiting_since: float | None = None
        self._quiet_until = 0.0
        self._offers = 0
        self._unknown = ("", 0)

    def link_lost(self) -> None:
        """Ask again on the next connection."""
        self._file, self._waiting_since, self._quiet_until = None, None, 0.0

    def hurry(self) -> None:
        """Something was asked for: look at once."""
        self._quiet_until = 0.0

    def pump(self) -> None:
        """Offer the next file when none is under way; ask again when no answer came."""
        now = self._clock()
        if now < self._quiet_until:
            return
        if self._waiting_since is not None and now < self._waiting_since + ANSWER_S:
            return
        if self._file is None:
            self._file, self._offers = self._files.next_file(photos=not self.metered), 0
        if self._file is None:
            self._quiet_until = now + AGAIN_S
        elif self._offers >= MOST_OFFERS:
            self._rest(AGAIN_S)
        else:
            self._offers += 1
            self._waiting_since = now
            if self._offer(_offer_of(self._file)) is None:
                self.link_lost()

    def next_deadline(self) -> float | None:
        """When `pump` has something to do."""
        return self._quiet_until if self._waiting_since is None else self._waiting_since + ANSWER_S

    def answered(self, have: Have) -> None:
        """The centre says how much it holds."""
        file = self._file
        if file is None or have.sha256 != file.sha256:
            return
        self._waiting_since = None
        if have.state in ("complete", "unwanted"):
            self._files.sent(file, wanted=have.state == "complete")
            self._file = None
        elif have.state == "unknown":
            self._not_known(file)
        else:
            self._send_from(file, have.upto)

    def _not_known(self, file: Upload) -> None:
        """Its record is not at the centre yet; one that never comes must not keep back the others."""
        name, times = self._unknown
        self._unknown = (file.sha256, times + 1 if name == file.sha256 else 1)
        if self._unknown[1] >= MOST_UNKNOWN:
            self._files.sent(file, wanted=False)
        self._rest(ANSWER_S)

    def _send_from(self, file: Upload, offset: int) -> None:
        piece = self._files.read(file.sha256, offset, CHUNK_BYTES)
        if not piece:
            self._files.sent(file, wanted=False)
            self._file = None
            return
        chunk = Chunk(PROTOCOL, file.sha256, offset, base64.b64encode(piece).decode("ascii"))
        self._offers, self._waiting_since = 0, self._clock()
        if self._chunk(encode(chunk)) is None:
            self.link_lost()

    def _rest(self, seconds: float) -> None:
        self._file, self._waiting_since = None, None
        self._quiet_until = self._clock() + seconds


def _offer_of(file: Upload) -> Offer:
    return Offer(sha256=file.sha256, size=file.size, key=file.key, to=file.to)
