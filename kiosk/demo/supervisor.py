"""Starts the demo's processes in order, brings back those that die, stops all of them in reverse."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESTART_S = 0.5
STOP_S = {"kioskd": 70.0}
DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM", "--")
"""util-linux: even kill -9 of the demo leaves nothing running."""


@dataclass(slots=True)
class Part:
    """One process: how to start it and whether it may die for good (the window was closed)."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] | None = None
    ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    died_s: float = 0.0
    deaths: int = field(default=0)


class PartFailedError(RuntimeError):
    """A process did not come up; the message says where its log is."""


class Supervisor:
    """Owns the processes of the demo; their output goes to `log_dir/NAME.log`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._parts: list[Part] = []
        log_dir.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part, timeout_s: float = 30.0) -> None:
        """Start `part` and wait until it is ready. Raises `PartFailedError`."""
        self._parts.append(part)
        self._spawn(part)
        end = time.monotonic() + timeout_s
        while not part.ready():
            if part.process is not None and part.process.poll() is not None:
                raise PartFailedError(f"{part.name} ended at once: {self._last_words(part)}")
            if time.monotonic() > end:
                raise PartFailedError(
                    f"{part.name} is not ready after {timeout_s:g} s: {self._last_words(part)}"
                )
            time.sleep(0.02)

    def tend(self) -> list[str]:
        """Bring back what died, a moment after its death; the names of what was started again."""
        back = []
        for part in self._parts:
            if part.process is None or part.process.poll() is None:
                continue
            if part.died_s == 0.0:
                part.died_s = time.monotonic()
                part.deaths += 1
            if time.monotonic() - part.died_s >= min(10.0, RESTART_S * part.deaths):
                self._spawn(part)
                back.append(part.name)
        return back

    def stop(self) -> None:
        """Stop everything in the reverse of the order it was started in."""
        for part in reversed(self._parts):
            if part.process is None or part.process.poll() is not None:
                continue
            part.process.send_signal(signal.SIGTERM)
            try:
                part.process.wait(STOP_S.get(part.name, 5.0))
            except subprocess.TimeoutExpired:
                part.process.kill()
                part.process.wait()

    def _spawn(self, part: Part) -> None:
        part.died_s = 0.0
        with (self._log_dir / f"{part.name}.log").open("ab") as log:
            part.process = subprocess.Popen(
                (*DIE_WITH_PARENT, *part.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=part.environment,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops in order
            )

    def _last_words(self, part: Part) -> str:
        path = self._log_dir / f"{part.name}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{lines[-1] if lines else 'no output'} (see {path})"
