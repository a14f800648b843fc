"""A network camera that does not exist: MJPEG over HTTP as IP cameras and `mjpg-streamer` serve it.

Plays folders of JPEG files in the order of their names. `GET /` streams `multipart/x-mixed-replace`; a
`POST /play?DIR`, `/unplug`, `/plug` or `/hang` on the same port is the person at the device.

    python -m drivers.emulated.camera --port 8090 DIR
"""

from __future__ import annotations

import argparse
import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

BOUNDARY = "frame"


class EmulatedCamera:
    """Serves on 127.0.0.1; `port` 0 picks a free one. Safe to command from any thread."""

    def __init__(self, clip: Path, port: int = 0, fps: float = 15.0) -> None:
        self.fps = fps
        self.plugged = True
        self.hanging = False
        self._frames: tuple[bytes, ...] = ()
        self._shown = 0
        self._once: tuple[bytes, ...] = ()
        self._lock = threading.Lock()
        self.idle(clip)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where a driver finds the stream."""
        return f"http://127.0.0.1:{self.port}/"

    def idle(self, clip: Path) -> None:
        """Play this folder over and over when nothing else is on."""
        frames = read_clip(clip)
        with self._lock:
            self._frames, self._shown = frames, 0

    def play(self, clip: Path) -> None:
        """Play this folder once, then go back to the idle one."""
        frames = read_clip(clip)
        with self._lock:
            self._once = frames

    def next_jpeg(self) -> bytes:
        """The picture that is due."""
        with self._lock:
            if self._once:
                first, *rest = self._once
                self._once = tuple(rest)
                return first
            self._shown = (self._shown + 1) % len(self._frames)
            return self._frames[self._shown]

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, name="emulated camera", daemon=True).start()

    def serve(self) -> None:
        """Serve until `stop`."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Drop every client and the port."""
        self.plugged = False
        self._server.shutdown()
        self._server.server_close()


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
            with contextlib.suppress(OSError):  # the driver has hung up
                self._stream()

        def _stream(self) -> None:
            due_s = time.monotonic()
            while camera.plugged:
                if not camera.hanging:
                    self._send(camera.next_jpeg())
                due_s = max(due_s + 1 / camera.fps, time.monotonic() - 1)
                time.sleep(max(0.0, due_s - time.monotonic()))

        def do_POST(self) -> None:
            command, _, argument = unquote(self.path).strip("/").partition("?")
            answer = _command(camera, command, argument)
            self.send_response(200 if answer == "ok" else 400)
            self.end_headers()
            self.wfile.write(answer.encode())

        def _send(self, jpeg: bytes) -> None:
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            self.wfile.write(head.encode() + jpeg + b"\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A camera keeps no log."""

    return Handler


def _command(camera: EmulatedCamera, command: str, argument: str) -> str:
    try:
        if command in ("play", "idle"):
            (camera.play if command == "play" else camera.idle)(Path(argument))
        elif command in ("unplug", "plug"):
            camera.plugged = command == "plug"
        elif command in ("hang", "wake"):
            camera.hanging = command == "hang"
        else:
            return f"unknown command {command}"
    except OSError as error:
        return str(error)
    return "ok"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="An MJPEG camera that plays folders of JPEG files")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--fps", type=float, default=15.0)
    options = parser.parse_args()
    EmulatedCamera(options.clip, options.port, options.fps).serve()


if __name__ == "__main__":
    main()
