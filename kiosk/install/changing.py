"""Changing the version that runs: switch, look whether it is well, and back if it is not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NoReturn

from kiosk.install import machine
from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.ledger_guard import check_schema, copy_before, put_back, schema_of
from kiosk.install.placing import first_settings, place, placed, point
from kiosk.install.release import Release, read_release
from kiosk.install.staging import BROUGHT

KEPT_VERSIONS = 3


def say(words: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"install: {words}\n")


def change_to(layout: Layout, release: Release) -> None:
    """Make `release`, which is staged, the one that runs; the one before comes back if it is not well.

    Raises `InstallError`; then what ran before runs again, on the same ledger.
    """
    check_schema(layout, release)
    before = layout.name_of(layout.current)
    copy = copy_before(layout, release) if before not in (None, release.name) else None
    others = machine.running() if layout.live else ()
    _switch(layout, release.name)
    if not layout.live:
        return
    try:
        (machine.start if before == release.name else machine.restart)()
        software = machine.check_well(layout, others)
    except InstallError as error:
        if before in (None, release.name):
            raise
        _back(layout, str(before), copy, error)
    if before not in (None, release.name):
        point(layout.previous, layout.version(str(before)))
    _sweep(layout)
    say(f"{software} runs" + (f"; `kioskctl update --rollback` brings {before} back" if copy else ""))


def roll_back(layout: Layout) -> None:
    """The version that ran before, by hand. Raises `InstallError`."""
    name = layout.name_of(layout.previous)
    if name is None or not layout.version(name).exists():
        raise InstallError("there is no earlier version here", "install the one you want")
    change_to(layout, read_release(layout.version(name) / BROUGHT))


def remove(layout: Layout, *, purge: bool) -> None:
    """Take Hadir off. Settings, ledger and keys stay unless `purge`."""
    if layout.live:
        machine.stop_and_disable()
    for name in placed(layout):
        Path(name).unlink(missing_ok=True)
    for drop_ins in (layout.local / "lib/systemd/system").glob("*.service.d"):
        if not any(drop_ins.iterdir()):
            drop_ins.rmdir()
    shutil.rmtree(layout.opt, ignore_errors=True)
    if layout.live:
        machine.run("systemctl", "daemon-reload", check=False)
    if purge:
        for path in (layout.etc, layout.state, layout.centre_state):
            shutil.rmtree(path, ignore_errors=True)
        say("removed, with settings, ledger, keys and photos")
    else:
        say(f"removed; {layout.etc} and {layout.state} are kept")


def _switch(layout: Layout, name: str) -> None:
    version = layout.version(name)
    point(layout.current, version)
    place(layout, version, machine.systemd_version())
    machine.make_users(layout)
    first_settings(layout, version)
    machine.make_users(layout)  # again: the settings' owner
    if layout.live:
        machine.reload_system()
    machine.enable(layout, version)


def _back(layout: Layout, name: str, copy: Path | None, error: InstallError) -> NoReturn:
    say(f"the new version is not well ({error}); going back to {name}")
    before = read_release(layout.version(name) / BROUGHT)
    here = schema_of(layout.database)
    if copy is not None and here is not None and here > before.schema:
        machine.run("systemctl", "stop", "kioskd.service", check=False)
        say(f"the new version had changed the ledger; as it left it: {put_back(layout, copy)}")
    _switch(layout, name)
    machine.restart()
    machine.check_well(layout)
    raise InstallError(f"the new version was not well and was taken back: {error}", error.hint) from error


def _sweep(layout: Layout) -> None:
    """Old versions beyond the newest three go; what runs and what ran before stay."""
    keep = {layout.name_of(layout.current), layout.name_of(layout.previous)}
    folders = sorted(layout.version("").iterdir(), key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT_VERSIONS]:
        if folder.name not in keep:
            shutil.rmtree(folder)
