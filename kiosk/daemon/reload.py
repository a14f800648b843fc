"""Settings that count without a restart: rules, the screen's language, the way to the centre, the camera."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kiosk.core import api
from kiosk.core.checked import BadFileError, read_text
from kiosk.core.config import Camera, Face, KioskConfig
from kiosk.core.config_file import read_config
from kiosk.daemon.control_request import Refusal
from kiosk.daemon.engine import Engine
from kiosk.daemon.refusal import refuse
from kiosk.daemon.rules_files import RuleBook, Rules, load_rules

log = logging.getLogger(__name__)
ENGINE_S = 30.0


@dataclass(slots=True)
class Reloading:
    """Compares the files with what runs; from any thread, one at a time.

    `take` gets the configuration that runs from now on; `record`, on the engine's thread, what changed.
    """

    file: Path
    running: KioskConfig
    book: RuleBook
    engine: Engine
    take: Callable[[KioskConfig], None]
    record: Callable[[tuple[str, ...]], None]
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _asked: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Have it done at the next `run_if_asked`."""
        self._asked.set()

    def run_if_asked(self) -> None:
        """What a signal has asked for; faults go to the log."""
        if not self._asked.is_set():
            return
        self._asked.clear()
        try:
            self.run()
        except (Refusal, TimeoutError) as error:
            log.error("nothing was changed: %s", error)

    def run(self) -> api.Reloaded:
        """Take what can be taken at once. Raises `Refusal` when a file has faults; then nothing changes."""
        with self._turn:
            wanted, rules = self._read()
            running = _with_hot(self.running, wanted)
            applied = (*_differences(self.running, running), *self._rules_changed(rules))
            if applied:
                self.engine.submit(lambda: self._count(rules, applied)).result(ENGINE_S)
                self.take(running)
                self.running = running
            waiting = tuple(_differences(running, wanted))
            log.info("read again; now: %s; at the next start: %s", words(applied), words(waiting))
            return api.Reloaded(applied, waiting)

    def _read(self) -> tuple[KioskConfig, Rules]:
        try:
            wanted = read_config(read_text(self.file.read_bytes(), str(self.file)), str(self.file))
            rules = load_rules(wanted, self.file.parent)
        except (BadFileError, OSError) as error:
            refuse("bad_request", str(error), f"kioskctl config check {self.file}")
        if rules.faults:
            refuse("bad_request", "\n".join(rules.faults), "kioskctl policy check FILE")
        return wanted, rules

    def _rules_changed(self, rules: Rules) -> Iterator[str]:
        if rules.policy != self.book.own.policy:
            yield "policy"
        if rules.calendar != self.book.own.calendar:
            yield "calendar"

    def _count(self, rules: Rules, applied: tuple[str, ...]) -> None:
        self.book.replace(rules)
        self.record(applied)


def words(keys: tuple[str, ...]) -> str:
    """Keys in a line."""
    return ", ".join(keys) or "nothing"


def _with_hot(running: KioskConfig, wanted: KioskConfig) -> KioskConfig:
    """`running` with what of `wanted` counts at once: not whether there is a centre, nor which."""
    same_kind = bool(running.sync.host) == bool(wanted.sync.host)
    return msgspec.structs.replace(
        running,
        policy_file=wanted.policy_file,
        calendar_file=wanted.calendar_file,
        screen=msgspec.structs.replace(running.screen, language=wanted.screen.language),
        sync=msgspec.structs.replace(wanted.sync, centre_key=running.sync.centre_key)
        if same_kind
        else running.sync,
        camera=_hot_camera(running.camera, wanted.camera),
        face=_hot_face(running.face, wanted.face),
    )


def _hot_camera(running: Camera, wanted: Camera) -> Camera:
    """All that kiosk-face is told."""
    return msgspec.structs.replace(
        wanted, simulated=running.simulated, emulator_control=running.emulator_control
    )


def _hot_face(running: Face, wanted: Face) -> Face:
    """What kiosk-face is told, and what a face is worth."""
    return msgspec.structs.replace(
        running,
        engine=wanted.engine,
        models_dir=wanted.models_dir,
        liveness=wanted.liveness,
        false_accept=wanted.false_accept,
        calibration_file=wanted.calibration_file,
    )


def _differences(before: KioskConfig, after: KioskConfig) -> Iterator[str]:
    """The keys whose values differ; devices by their table's name."""
    old, new = (dict(_leaves(msgspec.to_builtins(config))) for config in (before, after))
    yield from (key for key in new if old.get(key) != new[key])


def _leaves(tree: dict[str, Any], table: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        else:
            yield f"{table}{key}", value
