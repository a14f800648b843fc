"""Embeddings computed elsewhere: the network holds the GIL, and the preview must not wait for it."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

import numpy as np

from drivers.base.camera import Pixels
from drivers.base.errors import DeviceError, Timeout, Unavailable
from drivers.base.face import FaceEngine, Vector

Ticket = int
SLOWER = 10
"""How many times as long as the slowest so far another face may take before the network counts as hung."""


class Embedder(Protocol):
    """Takes aligned faces, gives vectors back later, in order."""

    def submit(self, ticket: Ticket, chip: Pixels) -> None:
        """Queue one aligned face."""

    def finished(self) -> list[tuple[Ticket, Vector]]:
        """What has been computed since the last call; never waits."""


class DirectEmbedder:
    """Computes when asked for results: for calibration, enrolment from pictures, and tests."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._queue: list[tuple[Ticket, Pixels]] = []

    def submit(self, ticket: Ticket, chip: Pixels) -> None:
        """Queue one aligned face."""
        self._queue.append((ticket, chip))

    def finished(self) -> list[tuple[Ticket, Vector]]:
        """Compute everything that is queued."""
        queue, self._queue = self._queue, []
        return [(ticket, self._engine.embed(chip)) for ticket, chip in queue]


class SharedEmbedder:
    """One embedder for several users, each with a `port` of its own."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._count = 0
        self._whose: dict[Ticket, tuple[Port, Ticket]] = {}

    def port(self) -> Port:
        """An embedder whose results come back to it alone."""
        return Port(self)

    def submit(self, port: Port, ticket: Ticket, chip: Pixels) -> None:
        """Queue one aligned face for `port`."""
        self._count += 1
        self._embedder.submit(self._count, chip)
        self._whose[self._count] = port, ticket

    def collect(self) -> None:
        """Hand out what is finished; raises what the embedder raises, after which nobody waits any more."""
        try:
            finished = self._embedder.finished()
        except DeviceError:
            self._whose.clear()
            raise
        for number, vector in finished:
            if number in self._whose:
                port, ticket = self._whose.pop(number)
                port.take(ticket, vector)


class Port:
    """One user's end of a `SharedEmbedder`."""

    def __init__(self, shared: SharedEmbedder) -> None:
        self._shared = shared
        self._came: list[tuple[Ticket, Vector]] = []

    def submit(self, ticket: Ticket, chip: Pixels) -> None:
        """Queue one aligned face."""
        self._shared.submit(self, ticket, chip)

    def finished(self) -> list[tuple[Ticket, Vector]]:
        """What has come for this port since the last call; never waits."""
        self._shared.collect()
        came, self._came = self._came, []
        return came

    def take(self, ticket: Ticket, vector: Vector) -> None:
        """A result for this port."""
        self._came.append((ticket, vector))


class ProcessEmbedder:
    """A child process with the network; a hung or dead child is replaced and its queue forgotten.

    How long it may take over a face depends on the machine: a few times what the slowest has taken.
    """

    def __init__(
        self, make_engine: Callable[[], FaceEngine], timeout_s: float = 30.0, loading_s: float = 180.0
    ) -> None:
        """A fresh child has `loading_s` for its first face, then at least `timeout_s` for each."""
        self._make_engine = make_engine
        self._timeout_s, self._loading_s = timeout_s, loading_s
        self._slowest_s = 0.0
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._waiting, self._since_s = 0, 0.0
        self._loaded = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None before the first face and after a fault."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child; it answers once the network is loaded, in about a second."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._make_engine), daemon=True)
        self._process.start()
        theirs.close()
        self._waiting, self._loaded = 0, False

    def submit(self, ticket: Ticket, chip: Pixels) -> None:
        """Queue one aligned face; raises `Unavailable` when the child has died."""
        if self._pipe is None:
            self.start()
        assert self._pipe is not None
        try:
            self._pipe.send((ticket, chip.shape, chip.tobytes()))
        except OSError as error:
            self.stop()
            raise Unavailable("the face network's process has died") from error
        if not self._waiting:
            self._since_s = time.monotonic()
        self._waiting += 1

    def finished(self) -> list[tuple[Ticket, Vector]]:
        """Results so far; raises `Unavailable` or `Timeout`, after which the next `submit` starts anew."""
        results: list[tuple[Ticket, Vector]] = []
        try:
            while self._pipe is not None and self._pipe.poll():
                results.append(self._pipe.recv())
                self._answered()
        except (EOFError, OSError) as error:
            self.stop()
            raise Unavailable("the face network's process has died") from error
        if self._waiting and time.monotonic() - self._since_s > self._patience_s:
            self.stop()
            raise Timeout("the face network did not answer in time")
        return results

    def stop(self) -> None:
        """End the child at once; it holds nothing worth saving."""
        if self._process is not None and self._pipe is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join(1.0)
        self._process = self._pipe = None
        self._waiting = 0

    @property
    def _patience_s(self) -> float:
        return max(self._timeout_s, SLOWER * self._slowest_s) if self._loaded else self._loading_s

    def _answered(self) -> None:
        """The next face in the queue begins now."""
        now_s = time.monotonic()
        self._slowest_s = max(self._slowest_s, now_s - self._since_s)
        self._waiting, self._since_s, self._loaded = self._waiting - 1, now_s, True


def _work(pipe: Connection, make_engine: Callable[[], FaceEngine]) -> None:
    engine = make_engine()
    while True:
        try:
            ticket, shape, data = pipe.recv()
            pipe.send((ticket, engine.embed(np.frombuffer(data, np.uint8).reshape(shape))))
        except (EOFError, OSError, KeyboardInterrupt):
            return
