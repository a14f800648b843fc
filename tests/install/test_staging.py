"""What a version brings along besides its code."""

from __future__ import annotations

import os
from pathlib import Path

from kiosk.install.release import read_release
from kiosk.install.staging import bring
from tests.install.bundles import checkout
from tests.install.units import OPT, SERVICES, settings


def test_what_units_start_can_be_started_though_an_update_brings_no_modes(tmp_path: Path) -> None:
    source = checkout(tmp_path / "source", "0.9.2")
    for path in source.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    bring(tmp_path / "brought", source, read_release(source))
    started = {words.split()[0] for unit in SERVICES for words in settings(unit)["ExecStart"]}
    ours = [word.removeprefix(f"{OPT}/share/hadir/") for word in started if "/share/hadir/" in word]
    assert ours
    for name in ours:
        assert os.access(tmp_path / "brought" / name, os.X_OK), name
