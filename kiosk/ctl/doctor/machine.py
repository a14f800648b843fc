"""The machine as doctor sees it: files under a root, which a test fills, and short commands."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

RUN_S = 10.0
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Machine:
    """`root` is where /sys, /proc, /dev, /etc and /run are looked for."""

    root: Path = Path("/")

    def path(self, name: str) -> Path:
        """Where `/sys/...` is here."""
        return self.root / name.lstrip("/")

    def read(self, name: str | Path) -> str | None:
        """The text of a small file, stripped; None when it is not there or cannot be read."""
        path = self.path(name) if isinstance(name, str) else name
        with contextlib.suppress(OSError), path.open("rb") as file:
            return file.read(MOST_BYTES).decode(errors="replace").strip("\0 \t\r\n")
        return None

    def number(self, name: str | Path, base: int = 10) -> int | None:
        """The whole number in a small file."""
        text = self.read(name)
        try:
            return int(text, base) if text else None
        except ValueError:
            return None

    def glob(self, pattern: str) -> list[Path]:
        """The paths under the root that match, sorted."""
        return sorted(self.root.glob(pattern.lstrip("/")))

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs here."""
        return self.path("/run/systemd/system").is_dir()

    def run(self, *command: str, timeout_s: float = RUN_S) -> Ran | None:
        """How `command` ended; None when there is no such program or it did not end in time."""
        program = shutil.which(command[0]) or shutil.which(command[0], path="/usr/sbin:/sbin")
        if program is None:
            return None
        try:
            done = subprocess.run(
                (program, *command[1:]),
                capture_output=True, text=True, errors="replace", check=False, timeout=timeout_s,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return Ran(done.returncode, done.stdout.strip(), done.stderr.strip())
