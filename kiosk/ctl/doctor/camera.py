"""The camera and the model files: which of the two is missing, or whether kiosk-face is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from kiosk.core import api
from kiosk.core.config import CAMERA, KioskConfig
from kiosk.core.faces import MODEL_FILES
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown
from kiosk.ctl.doctor.seen import Seen

WHAT = f"camera {CAMERA}"
MODELS = "models"
VIDEO = "/dev/video*"
REPLUG = "take its plug out, count to five, put it in again"


def models(seen: Seen) -> Iterator[Finding]:
    """Whether the files that OpenCV's engine needs are there: they are not shipped."""
    if seen.config is None or not seen.config.face.enabled or seen.config.face.engine != "opencv":
        return
    folder = seen.path(seen.config.face.models_dir)
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if not missing:
        yield ok(MODELS, f"{len(MODEL_FILES)} model files in {folder}")
        return
    seen.explained.add(MODELS)
    yield fault(
        MODELS,
        f"{' and '.join(missing)} missing in {folder}: nobody is recognised",
        "bring the file (it is OpenCV's, see the technician's guide), then add it",
        f"kioskctl models add {shlex.quote(missing[0])} && systemctl restart kiosk-face",
    )


def plugged(seen: Seen, config: KioskConfig) -> Iterator[Finding]:
    """Without kioskd: whether the camera is there at all."""
    if config.face.enabled:
        yield _no_device(seen, config) or unknown(WHAT, "whether it answers, only a running kioskd can say")


def at_fault(seen: Seen, device: api.DeviceHealth, what: str) -> Finding:
    """Why there is no picture, from what kioskd knows and what is plugged in."""
    said, _, hint = device.info.partition("; ")
    if MODELS in seen.explained:
        return unknown(what, f"{said}: see {MODELS}")
    if "kiosk-face" in said:
        advice = "start it anew; if it ends again: journalctl -u kiosk-face -n 50"
        return fault(what, said, advice, "systemctl restart kiosk-face")
    if device.simulated and device.cause == "unavailable":
        return fault(what, said, "put its plug in again", f"kioskctl emulate replug {device.name}")
    missing = _no_device(seen, seen.config) if seen.config is not None else None
    if missing is not None:
        return Finding(what, "fault", missing.words, missing.advice, missing.command)
    stuck = device.cause in ("timeout", "protocolerror") or not hint
    return fault(what, said, f"{hint}; {REPLUG}" if stuck else hint, "systemctl restart kiosk-face")


def _no_device(seen: Seen, config: KioskConfig) -> Finding | None:
    """What to do when the camera's device file is not there."""
    source = config.camera.source
    source = f"/dev/video{source}" if source.isdecimal() else source
    if config.camera.driver != "opencv" or not source.startswith("/"):
        return None
    if seen.machine.path(source).exists():
        return None
    found = sorted(f"/{path.relative_to(seen.machine.root)}" for path in seen.machine.glob(VIDEO))
    others = [name for name in found if os.fspath(name) != source]
    if others:
        words = f"there is no {source}, but there is {', '.join(others[:4])}"
        return fault(WHAT, words, "name the one it is", seen.set_command("camera.source", others[0]))
    words = f"there is no {source}, and no camera at all"
    return fault(WHAT, words, f"plug the camera in: {REPLUG}", f"ls -l {VIDEO}")
