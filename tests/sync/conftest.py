from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.sync.book import Book
from tests.sync.rig import Centre, Kiosk, Mosquitto
from tests.sync.tap import Tap


class Rig:
    """What a test started; all of it ends with the test."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self._root = root
        self._stack = stack

    def broker(self, settings: str = "allow_anonymous true") -> Mosquitto:
        broker = Mosquitto(self._root, settings)
        self._stack.callback(broker.kill)
        return broker.start()

    def centre(self, port: int, **options: Any) -> Centre:
        centre = Centre(self._root / f"centre-{port}", port, **options)
        self._stack.callback(centre.stop)
        return centre

    def kiosk(self, book: Book, port: int, centre_key: str, **config: Any) -> Kiosk:
        kiosk = Kiosk(book, port, centre_key, **config)
        self._stack.callback(kiosk.stop)
        return kiosk

    def tap(self, upstream: int) -> Tap:
        tap = Tap(upstream)
        self._stack.callback(tap.close)
        return tap

    def ends_with_test(self, process: subprocess.Popen[bytes]) -> None:
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(tmp_path, stack)
