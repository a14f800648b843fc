"""Where a Unix socket is bound or found, however deep its folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 107  # sun_path in unix(7): 108 with the closing NUL


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """An address for `path` that fits into `sun_path`, valid inside the block. Raises `OSError`.

    A folder too deep is reached through its descriptor in /proc.
    """
    if len(os.fsencode(path)) <= MAX_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
