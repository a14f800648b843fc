"""A site file on a USB stick: found by this kiosk's own names, or by being the only one."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kiosk.ctl.errors import CtlError

STICKS = ("/media/", "/run/media/", "/mnt")
FOLDER = "hadir"


@contextmanager
def site_on_stick(root: Path) -> Iterator[Path]:
    """The site file on a stick, mounted for as long as it is used. Raises `CtlError`."""
    with ExitStack() as stack:
        folders = [*_mounted(root), *_to_mount(root, stack)]
        found = [path for folder in folders for path in sorted((folder / FOLDER).glob("*.toml"))]
        mine = [path for name in own_names(root) for path in found if path.stem.casefold() == name]
        if mine or len(found) == 1:
            yield (mine or found)[0]
            return
        names = " or ".join(f"{FOLDER}/{name}.toml" for name in own_names(root))
        if not found:
            message = f"no FILE, and no stick with a folder {FOLDER}/ and a site file in it"
            raise CtlError("not_found", message, f"put {names} on one, or: kioskctl provision --ask")
        message = f"{len(found)} site files on the stick, and none is called as this kiosk"
        raise CtlError("conflict", message, f"name its file {names}, or give FILE")


def own_names(root: Path) -> list[str]:
    """What this kiosk is called: host name, the Pi's serial number, its network cards' addresses."""
    names = [
        _read(root / "etc/hostname") or socket.gethostname(),
        _read(root / "proc/device-tree/serial-number"),
    ]
    for card in sorted((root / "sys/class/net").glob("*/address")):
        address = _read(card)
        if address and set(address) - set("0:"):
            names.append(address.replace(":", "-"))
    return [name.casefold() for name in names if name]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""


def _mounted(root: Path) -> list[Path]:
    lines = _read(root / "proc/self/mounts").splitlines()
    places = [line.split()[1].replace("\\040", " ") for line in lines]
    return [root / place.lstrip("/") for place in places if place.startswith(STICKS)]


def _to_mount(root: Path, stack: ExitStack) -> Iterator[Path]:
    """Removable partitions that nobody has mounted, mounted for reading."""
    mounted = [line.split()[0] for line in _read(root / "proc/self/mounts").splitlines()]
    for flag in sorted((root / "sys/block").glob("sd*/removable")):
        if _read(flag) != "1":
            continue
        for partition in sorted(flag.parent.glob(f"{flag.parent.name}[0-9]*")):
            device = f"/dev/{partition.name}"
            if device not in mounted and (place := _mount(device, stack)):
                yield place


def _mount(device: str, stack: ExitStack) -> Path | None:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hadir-stick-"))
    command = ("mount", "-o", "ro,nosuid,nodev,noexec", device, folder)
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    stack.callback(subprocess.run, ("umount", folder), check=False)
    return Path(folder)
