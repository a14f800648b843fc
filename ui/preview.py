"""The camera's pictures, as kiosk-face puts them into shared memory; asked for when another one has come."""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.core.api import GetPreview
from kiosk.core.preview import PREVIEW_BYTES, Picture, PreviewReader
from kiosk.core.request import AnyCommand
from kiosk.core.view import FaceView
from ui.visit import Answer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shot:
    """One picture; two with the same number look the same."""

    number: int
    picture: Picture = field(compare=False, repr=False)


class Preview:
    """Maps the memory of the kiosk-face that the view tells of. Never blocks."""

    def __init__(self, send: Callable[[AnyCommand], int | None]) -> None:
        self._send = send
        self._asked: int | None = None
        self._number = 0
        self._reader: PreviewReader | None = None
        self._shot: Shot | None = None

    def follow(self, face: FaceView | None) -> None:
        """A view has come: ask for the pictures when they are another kiosk-face's."""
        number = face.preview if face else 0
        if number == self._number:
            return
        self.lost()
        if number:
            self._asked, self._number = self._send(GetPreview()), number

    def lost(self) -> None:
        """The daemon or its kiosk-face is away."""
        self._reader, self._shot, self._asked, self._number = None, None, None, 0

    def answered(self, answer: Answer, take_descriptor: Callable[[], int | None]) -> bool:
        """Whether this answer was ours; its descriptor is mapped, and closed in any case."""
        if answer.id != self._asked:
            return False
        self._asked, descriptor = None, take_descriptor()
        if descriptor is not None:
            try:
                self._reader = _mapped(descriptor)
            except (OSError, ValueError) as error:
                log.warning("no preview: %s", error)
            finally:
                os.close(descriptor)
        return True

    def shot(self) -> Shot | None:
        """The newest picture, if there is one."""
        reader = self._reader
        if reader and reader.newest != (self._shot.number if self._shot else 0):
            picture = reader.read()
            self._shot = Shot(picture.number, picture) if picture else self._shot
        return self._shot


def _mapped(descriptor: int) -> PreviewReader:
    # Without this seal whoever made it could cut it short, and reading beyond the end is a SIGBUS.
    if not fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
        raise ValueError("its size is not sealed")
    return PreviewReader(memoryview(mmap.mmap(descriptor, PREVIEW_BYTES, prot=mmap.PROT_READ)))
