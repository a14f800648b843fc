"""What kiosk-face is told of the configuration, and the files that it names."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from kiosk.core.config import KioskConfig
from kiosk.core.facing import Setup

log = logging.getLogger(__name__)


def models_dir(config: KioskConfig) -> Path:
    """Where the model files lie that a technician has installed."""
    return (Path(config.state_dir) / config.face.models_dir).resolve()


def setup_of(config: KioskConfig) -> Setup:
    """The settings; a calibration that cannot be read is said, and the one that ships is used."""
    calibration = ""
    if config.face.calibration_file:
        try:
            calibration = (Path(config.state_dir) / config.face.calibration_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            log.error("the calibration is not used: %s; the one that ships is", error)
    face = msgspec.structs.replace(config.face, models_dir=str(models_dir(config)))
    return Setup(camera=config.camera, face=face, calibration=calibration)
