"""What the screen shows: frames made small and mirrored, into shared memory, on the camera's own thread."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.base.camera import Pixels
from drivers.base.face import Box
from drivers.face import images
from drivers.face.tracker import Track
from kiosk.core.preview import MOST_PX, FaceBox
from kiosk.face.memory import PreviewMemory

MOST_FPS = 30
_SLACK_S = 0.004


class Mirror:
    """Fills the preview's memory during one session."""

    def __init__(self, memory: PreviewMemory) -> None:
        self._writer = memory.writer
        self._faces: tuple[tuple[int, Box], ...] = ()
        self._due_s = 0.0

    def mark(self, tracks: Sequence[Track]) -> None:
        """Where faces are, in pixels of the full frame, for the pictures that follow."""
        self._faces = tuple((track.number, track.box) for track in tracks)

    def show(self, at_s: float, pixels: Pixels) -> None:
        """Put a frame that was grabbed at `at_s` before the screen, unless the last one is hardly older."""
        if at_s < self._due_s - _SLACK_S:
            return
        self._due_s = max(self._due_s + 1 / MOST_FPS, at_s)
        picture = images.mirrored(images.within(pixels, MOST_PX, MOST_PX))
        height, width = pixels.shape[:2]
        faces = [FaceBox(number, *in_preview(box, width, height)) for number, box in self._faces]
        shown_height, shown_width = picture.shape[:2]
        self._writer.write(picture.data.cast("B"), shown_width, shown_height, round(at_s * 1e9), faces)


def in_preview(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in thousandths of the mirrored picture."""
    left, right = 1 - box.right / width, 1 - box.left / width
    return _milli(left), _milli(box.top / height), _milli(right), _milli(box.bottom / height)


def _milli(share: float) -> int:
    return max(0, min(1000, round(1000 * share)))
