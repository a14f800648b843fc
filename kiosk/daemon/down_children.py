"""What a command has a child do: `kioskctl doctor` and the support bundle, beside the engine and bounded."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from kiosk.daemon.durable import private_folder, write_durably
from sync.documents import MAX_ANSWER_CHARS, Blob

CHILD_S = 180.0
MAX_BUNDLE_BYTES = 4 << 20
OUTGOING = "outgoing"
KIOSKCTL = ("nice", "-n", "10", sys.executable, "-m", "kiosk.ctl.main")


class ChildError(Exception):
    """The child did not do it, and its last words."""


class Children:
    """`config_file` is kioskd's own; files to send lie under `state_dir`, named by their SHA-256."""

    def __init__(self, config_file: Path, socket: Path, state_dir: Path) -> None:
        self._config_file, self._socket = config_file, socket
        self._outgoing = state_dir / OUTGOING

    def doctor(self) -> str:
        """Its findings as JSON, cut at the answer's limit. Raises `ChildError`."""
        done = self._run("doctor", "--json", "--config", str(self._config_file))
        if not done.stdout.strip():
            raise ChildError(_last_words(done))
        return done.stdout.decode(errors="replace")[:MAX_ANSWER_CHARS]

    def support_bundle(self) -> Blob:
        """A bundle that waits to be sent. Raises `ChildError`, `OSError`."""
        path = private_folder(self._outgoing) / ".bundle.tar.gz"
        path.unlink(missing_ok=True)
        done = self._run("support-bundle", str(path), "--config", str(self._config_file))
        if done.returncode or not path.exists():
            raise ChildError(_last_words(done))
        content = path.read_bytes()
        path.unlink()
        if len(content) > MAX_BUNDLE_BYTES:
            raise ChildError(f"the bundle has {len(content)} bytes, at most {MAX_BUNDLE_BYTES} are sent")
        name = hashlib.sha256(content).hexdigest()
        write_durably(self._outgoing / name, content)
        return Blob(name, len(content))

    def _run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = (*KIOSKCTL, "--socket", str(self._socket), *words)
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=CHILD_S
            )
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"it took more than {CHILD_S:g} s") from error


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace").strip()[-500:] or f"exit {done.returncode}"
