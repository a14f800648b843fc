"""A wall clock that can be set back or ahead under real programs, while the time since boot goes on."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
YEAR_S = 365 * 86_400


class Wall:
    """The wall clock of every process that was started with `environment`."""

    def __init__(self, root: Path, name: str, library: Path) -> None:
        self._file = root / name
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_STEP": str(self._file)}
        self._file.touch(0o644)
        self.set_ahead(0)

    def set_ahead(self, seconds: int) -> None:
        """Let it be `seconds` ahead of the true time from now on."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", seconds))

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """What is started meanwhile goes by this clock."""
        before = dict(os.environ)
        os.environ |= self.environment
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def walls(root: Path, *names: str) -> list[Wall]:
    """Clocks for one test; `root` must be readable by every user."""
    compiler = shutil.which("cc")
    assert compiler, "needs a C compiler to set programs' clocks: apt-get install gcc libc6-dev"
    library = root / "clock_step.so"
    command = (compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(SOURCE))
    subprocess.run(command, check=True)
    return [Wall(root, name, library) for name in names]
