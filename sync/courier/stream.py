"""A file sealed to one receiver, chunk by chunk, so that it is never in memory whole.

`magic || sealed key || chunk...`: the key is in a box of `sync.sealing`; each chunk is AES-256-GCM, its nonce
its number and whether it is the last, so that chunks can be neither cut off, swapped nor added.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.sealing import OVERHEAD_BYTES, SealError, open_sealed, seal

MAGIC = b"HADIRCR1"
KEY_BYTES = 32
CHUNK_BYTES = 1 << 18
TAG_BYTES = 16
_SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES


class Sealer:
    """Seals to the X25519 key `receiver`; `bound` says what this is, and must be known to open it.

    `size_bytes` of content have been written.
    """

    def __init__(self, write: Callable[[bytes], None], receiver: bytes, bound: str) -> None:
        key = secrets.token_bytes(KEY_BYTES)
        self._cipher = AESGCM(key)
        self._write, self._count, self._held = write, 0, bytearray()
        self.size_bytes = 0
        write(MAGIC + seal(receiver, key, bound.encode()))

    def write(self, content: bytes) -> None:
        """Append to the content."""
        self.size_bytes += len(content)
        self._held += content
        while len(self._held) > CHUNK_BYTES:
            self._chunk(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write what is left, as the last chunk."""
        self._chunk(bytes(self._held), last=True)

    def _chunk(self, content: bytes, *, last: bool) -> None:
        self._write(self._cipher.encrypt(_nonce(self._count, last=last), content, None))
        self._count += 1


class Opener:
    """Reads what a `Sealer` sealed, out of `read(n)`: up to n bytes, none at the end. Raises `SealError`."""

    def __init__(self, read: Callable[[int], bytes], secret: bytes, bound: str) -> None:
        self._read, self._count = read, 0
        head = self._exactly(len(MAGIC) + OVERHEAD_BYTES + KEY_BYTES)
        if not head.startswith(MAGIC):
            raise SealError("not a sealed file")
        self._cipher = AESGCM(open_sealed(secret, head[len(MAGIC) :], bound.encode()))
        self._next = self._exactly(_SEALED_CHUNK)
        self._clear = bytearray()
        self._ended = False

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes of the content; fewer only at its end."""
        while len(self._clear) < count and not self._ended:
            self._open_next()
        found = bytes(self._clear[:count])
        del self._clear[:count]
        return found

    def _open_next(self) -> None:
        chunk = self._next
        self._next = self._exactly(_SEALED_CHUNK) if len(chunk) == _SEALED_CHUNK else b""
        self._ended = not self._next
        try:
            self._clear += self._cipher.decrypt(_nonce(self._count, last=self._ended), chunk, None)
        except InvalidTag as error:
            raise SealError("damaged, cut short, or put together from others") from error
        self._count += 1

    def _exactly(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count and (piece := self._read(count - len(found))):
            found += piece
        return bytes(found)


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])
