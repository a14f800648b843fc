"""The composition root: what kiosk-face is made of, and how it begins anew with each kioskd."""

from __future__ import annotations

import logging
import os
import threading
from importlib import import_module
from pathlib import Path

from kiosk.core.facing import VERSION, FaceHello
from kiosk.face.link import Link
from kiosk.face.memory import PreviewMemory
from kiosk.face.pulse import Pulse

RETRY_S = 1.0
log = logging.getLogger(__name__)


class FaceProcess:
    """Runs one `Session` for each connection to the kioskd at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memory, self._pulse = PreviewMemory(), Pulse()
        self._missed = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        self._pulse.start()
        while not stop.is_set():
            self._pulse.turned()
            link = self._connect()
            if link is None:
                stop.wait(RETRY_S)
                continue
            log.info("kioskd found")
            self._serve(link, stop)
        self._pulse.stopping()

    def _connect(self) -> Link | None:
        try:
            link = Link.connect(self._path)
            link.hello(FaceHello(version=VERSION, pid=os.getpid()), self._memory.descriptor)
        except OSError as error:
            log.log(logging.DEBUG if self._missed else logging.INFO, "waiting for kioskd: %s", error)
            self._missed = True
            return None
        self._missed = False
        return link

    def _serve(self, link: Link, stop: threading.Event) -> None:
        # A kiosk without a camera has a kioskd that never answers here: until one does, spare it 50 MB.
        with self._pulse.loading():
            module = import_module("kiosk.face.session")
        session = module.Session(link, self._memory, self._pulse)
        self._pulse.linked(link)
        try:
            session.run(stop)
        finally:
            self._pulse.linked(None)
            session.close()
            link.close()
        if not stop.is_set():
            log.warning("kioskd has gone; waiting for it")
            stop.wait(RETRY_S)
