"""A network camera that does not exist: MJPEG over HTTP as IP cameras and `mjpg-streamer` serve it.

    python -m drivers.emulated.camera --port 8090 --control /tmp/camera.sock DIR

Plays folders of JPEG files in the order of their names, `GET /` streams them as `multipart/x-mixed-replace`.
Three clips lie on each other: an act, once; whoever stands there, for some seconds, forth and back; the idle
one, forth and back. `drivers.emulated.camera_control` is the person at the device.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from drivers.emulated.camera_control import operations
from drivers.emulated.control import ControlSocket

BOUNDARY = "frame"
STEP_ASIDE_S = 1.0


class EmulatedCamera:
    """Serves on 127.0.0.1; `port` 0 picks a free one. Safe to command from any thread."""

    def __init__(self, clip: Path, port: int = 0, fps: float = 15.0) -> None:
        self.fps = fps
        self.plugged = True
        self.hanging = False
        self._idle = Loop(read_clip(clip))
        self._visitor: Loop | None = None
        self._comes_s = self._leaves_s = 0.0
        self._seen_s = -STEP_ASIDE_S
        self._acts: list[bytes] = []
        self._shown = self._clients = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where a driver finds the stream."""
        return f"http://127.0.0.1:{self.port}/"

    def idle(self, clip: Path) -> None:
        """Play this folder when nobody is there."""
        frames = read_clip(clip)
        with self._lock:
            self._idle = Loop(frames)

    def play(self, clip: Path, seconds: float | None = None) -> float:
        """Somebody stands there for `seconds`, by default the clip's own length; how long that is.

        Whoever stood there a moment ago steps aside first.
        """
        frames = read_clip(clip)
        seconds = len(frames) / self.fps if seconds is None else seconds
        with self._lock:
            self._comes_s = max(time.monotonic(), self._seen_s + STEP_ASIDE_S)
            self._visitor, self._acts = Loop(frames), []
            self._leaves_s = self._comes_s + seconds
        return seconds

    def act(self, clip: Path) -> None:
        """Play this folder once, now, before what else is on."""
        frames = read_clip(clip)
        with self._lock:
            self._acts = list(frames)

    def leave(self) -> None:
        """Whoever stands there goes away."""
        with self._lock:
            self._visitor, self._acts = None, []

    def next_jpeg(self) -> bytes:
        """The picture that is due."""
        with self._lock:
            self._shown += 1
            now_s = time.monotonic()
            if self._acts:
                self._seen_s = now_s
                return self._acts.pop(0)
            if self._visitor and self._comes_s <= now_s < self._leaves_s:
                self._seen_s = now_s
                return self._visitor.next()
            if now_s >= self._leaves_s:
                self._visitor = None
            return self._idle.next()

    def status(self) -> dict[str, Any]:
        """For the control socket; `shown` counts the frames that went out."""
        left_s = max(0.0, self._leaves_s - time.monotonic()) if self._visitor else 0.0
        return {
            "plugged": self.plugged, "hanging": self.hanging, "port": self.port, "shown": self._shown,
            "clients": self._clients, "visitor_s": round(left_s, 1), "acting": bool(self._acts),
        }  # fmt: skip

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, name="emulated camera", daemon=True).start()

    def stop(self) -> None:
        """Drop every client and the port."""
        self.plugged = False
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def client(self) -> Iterator[None]:
        """Counts whoever looks."""
        self._clients += 1
        try:
            yield
        finally:
            self._clients -= 1


class Loop:
    """Frames played forth and back, so that nothing jumps."""

    def __init__(self, frames: tuple[bytes, ...]) -> None:
        self._frames = (*frames, *frames[-2:0:-1])
        self._at = -1

    def next(self) -> bytes:
        """The one that is due."""
        self._at = (self._at + 1) % len(self._frames)
        return self._frames[self._at]


def read_clip(clip: Path) -> tuple[bytes, ...]:
    """The JPEG files of a folder, in the order of their names; raises `FileNotFoundError` for none."""
    frames = tuple(path.read_bytes() for path in sorted(clip.glob("*.jpg")))
    if not frames:
        raise FileNotFoundError(f"no JPEG file in {clip}")
    return frames


def _handler(camera: EmulatedCamera) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not camera.plugged:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
            self.end_headers()
            with contextlib.suppress(OSError), camera.client():  # the driver may hang up
                self._stream()

        def _stream(self) -> None:
            due_s = time.monotonic()
            while camera.plugged:
                if not camera.hanging:
                    self._send(camera.next_jpeg())
                due_s = max(due_s + 1 / camera.fps, time.monotonic() - 1)
                time.sleep(max(0.0, due_s - time.monotonic()))

        def _send(self, jpeg: bytes) -> None:
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A camera keeps no log."""

    return Handler


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="An MJPEG camera that plays folders of JPEG files")
    parser.add_argument("clip", type=Path, help="what it shows while nobody is there")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--fps", type=float, default=15.0)
    parser.add_argument("--control", type=Path, help="Unix socket to put people before it and pull its plug")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    camera = EmulatedCamera(options.clip, options.port, options.fps)
    camera.start()
    control = ControlSocket(options.control, operations(camera)) if options.control else None
    stopped.wait()
    if control is not None:
        control.close()
    camera.stop()


if __name__ == "__main__":
    main()
