"""The shared memory of the preview: made at start, given to every kioskd that comes."""

from __future__ import annotations

import fcntl
import mmap
import os

from kiosk.core.preview import PREVIEW_BYTES, PreviewWriter

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


class PreviewMemory:
    """A memfd whose size is sealed, so that whoever maps it can rely on it."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("hadir-preview", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, PREVIEW_BYTES)
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, SEALS)
        self.writer = PreviewWriter(memoryview(mmap.mmap(self.descriptor, PREVIEW_BYTES)))
