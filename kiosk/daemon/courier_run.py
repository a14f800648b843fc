"""Running the child that touches a stick, and giving up on one that has gone silent."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable

import msgspec

from kiosk.daemon.courier_child import Line, Task
from sync.courier.export import Progress
from sync.courier.stick import StickError

log = logging.getLogger(__name__)
SILENT_S = 120.0
"""A stick may sit on one fsync of 16 MB this long."""


class CourierRun:
    """One child at a time; `stop` ends it from any thread, and none begins after that."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def do(self, task: Task, told: Callable[[Progress], None] = lambda progress: None) -> Line:
        """Run `task` to its last line. Raises `StickError`."""
        if self.stopped:
            raise StickError("gone", "kioskd is stopping")
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._process = process = subprocess.Popen(
            (sys.executable, "-m", "kiosk.daemon.courier_child"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=_read, args=(process, task, lines), name="courier-child", daemon=True).start()
        try:
            return self._last(lines, told)
        finally:
            self._process = None
            process.kill()

    def stop(self) -> None:
        """End what is under way: the stick then holds an export without a manifest, which is nothing."""
        self.stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def _last(self, lines: queue.SimpleQueue[bytes], told: Callable[[Progress], None]) -> Line:
        while True:
            try:
                text = lines.get(timeout=SILENT_S)
            except queue.Empty:
                raise StickError("gone", f"the stick has not answered for {SILENT_S:g} s") from None
            if not text:
                raise StickError("gone", "the export was ended: see `journalctl -u kioskd`")
            line = msgspec.json.decode(text, type=Line)
            if line.failed is not None:
                raise StickError(line.failed.code, line.failed.words)
            if line.progress is None:
                return line
            told(line.progress)


def _read(process: subprocess.Popen[bytes], task: Task, lines: queue.SimpleQueue[bytes]) -> None:
    """A thread of its own: a child in the kernel's hands cannot be waited for with a deadline otherwise."""
    assert process.stdin
    assert process.stdout
    try:
        with process.stdin as out:
            out.write(msgspec.json.encode(task))
        with process.stdout as answers:
            for text in answers:
                lines.put(text)
    except OSError as error:
        log.debug("courier: %s", error)
    lines.put(b"")
    process.wait()
