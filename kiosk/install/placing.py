"""What a version puts outside its own folder: units, users, device names, log limits, first settings."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from kiosk.install.layout import Layout
from kiosk.install.staging import BROUGHT

COMMANDS = ("kioskctl", "hadir-centre", "hadir-install")
BACKED_OFF = ("kioskd", "kiosk-ui", "kiosk-face", "hadir-centre")
RESTART_STEPS_SINCE = 254
UNITS = "lib/systemd/system"
FOLDERS = {
    "*.service": UNITS,
    "*.socket": UNITS,
    "*.timer": UNITS,
    "sysusers.d/*": "lib/sysusers.d",
    "tmpfiles.d/*": "lib/tmpfiles.d",
    "udev/*": "lib/udev/rules.d",
    "journald.conf.d/*": "lib/systemd/journald.conf.d",
}
MANUALS = {
    "docs/man/*.1": "share/man/man1",
    "completion/bash/*": "share/bash-completion/completions",
    "completion/zsh/*": "share/zsh/site-functions",
    "completion/fish/*": "share/fish/vendor_completions.d",
}
# The daemon's defaults are for one folder that holds everything; an installation keeps things apart.
INSTALLED_CONTROL = {
    "admin_socket": "/run/hadir/control.sock",
    "ui_socket": "/run/hadir/ui/ui.sock",
    "admin_group": "hadir-admin",
    "ui_group": "hadir-ui",
}
INSTALLED_FACE = {"socket": "/run/hadir/face/face.sock", "group": "hadir-face"}
_INSTALLED = INSTALLED_CONTROL | INSTALLED_FACE


def place(layout: Layout, version: Path, systemd: int) -> None:
    """Put the files of `version` where the system looks for them, and take away those it no longer has."""
    before = set(placed(layout))
    now: list[str] = []
    for source, target in _targets(layout, version / BROUGHT, systemd):
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(source, target)
        now.append(str(target))
    for name in COMMANDS:
        link = layout.local / "bin" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        point(link, layout.current / "bin" / name)
        now.append(str(link))
    for old in before - set(now):
        Path(old).unlink(missing_ok=True)
    _write(layout.placed, json.dumps(now, indent=1) + "\n")


def placed(layout: Layout) -> list[str]:
    """The files that `place` put outside `opt`."""
    try:
        files: list[str] = json.loads(layout.placed.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return files


def first_settings(layout: Layout, version: Path) -> None:
    """`kiosk.toml` and a policy to begin with, where there are none; never touched again."""
    samples = version / BROUGHT / "config"
    layout.etc.mkdir(parents=True, exist_ok=True)
    if not (layout.etc / "kiosk.toml").exists():
        text = (samples / "kiosk.toml").read_text(encoding="utf-8")
        _write(layout.etc / "kiosk.toml", installed_kiosk_toml(text), 0o640)
    if not (layout.etc / "policy.toml").exists():
        _write(
            layout.etc / "policy.toml",
            (samples / "policies/school.toml").read_text(encoding="utf-8"),
            0o640,
        )


def installed_kiosk_toml(sample: str) -> str:
    """The commented sample with the sockets where an installation has them."""
    return "".join(f"{_installed(line)}\n" for line in sample.splitlines())


def _installed(line: str) -> str:
    key = line.partition("=")[0].strip()
    if key not in _INSTALLED:
        return line
    return f'{key} = "{_INSTALLED[key]}"   #{line.partition("#")[2]}'


def point(link: Path, target: Path) -> None:
    """Make `link` point to `target` in one step."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def _targets(layout: Layout, brought: Path, systemd: int) -> Iterator[tuple[Path, Path]]:
    """From where in the version, to where in the system."""
    ours = brought / "systemd"
    for pattern, folder in FOLDERS.items():
        for path in sorted(ours.glob(pattern)):
            yield path, layout.local / folder / path.name
    for pattern, folder in MANUALS.items():
        for path in sorted(brought.glob(pattern)):
            yield path, layout.local / folder / path.name
    if (layout.root / "dev/watchdog").exists():
        yield ours / "system.conf.d/hadir.conf", layout.local / "lib/systemd/system.conf.d/hadir.conf"
    if (layout.root / "etc/X11/Xsession.d").is_dir():
        yield ours / "xsession/60hadir", layout.root / "etc/X11/Xsession.d/60hadir"
    for name in BACKED_OFF if systemd >= RESTART_STEPS_SINCE else ():
        if (ours / f"{name}.service").exists():
            yield ours / "backoff/hadir.conf", layout.local / UNITS / f"{name}.service.d/backoff.conf"


def _replace(source: Path, target: Path) -> None:
    fresh = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o644)
    fresh.replace(target)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(mode)
    fresh.replace(path)
