"""Opening the Unix sockets that clients connect to: right permissions, stale files, deep directories."""

from __future__ import annotations

import grp
import os
import shutil
import socket
import stat
from pathlib import Path

from kiosk.address import address_of

BACKLOG = 32


class SocketInUseError(RuntimeError):
    """Another daemon answers on this socket: stop that one, or give this one another directory."""


def listen_at(path: Path, mode: int, group: str = "") -> socket.socket:
    """A listening, non-blocking Unix socket at `path` with the file permissions `mode`.

    `group` names the group it is given to, where that is another one than ours. A socket file left
    behind by a dead daemon is replaced, and at no moment does a file stand there on which nobody
    listens. Raises `SocketInUseError`; `OSError` when something else is there or there is no such group.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_unless_stale(path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(fresh) as address:
            listener.bind(address)
        if group:
            _give_to(fresh, group)
        fresh.chmod(mode)  # before listen: until then every connect is refused
        listener.listen(BACKLOG)
        listener.setblocking(False)
        fresh.rename(path)
    except OSError:
        listener.close()
        fresh.unlink(missing_ok=True)
        raise
    return listener


def _give_to(path: Path, group: str) -> None:
    try:
        # A folder with the setgid bit has given it already, where a unit allows no chown.
        if path.stat().st_gid != grp.getgrnam(group).gr_gid:
            shutil.chown(path, group=group)
    except LookupError as error:
        raise OSError(f"there is no group {group!r}: see [control] in kiosk.toml") from error


def _refuse_unless_stale(path: Path) -> None:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise FileExistsError(f"{path} is there and is no socket: move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, address_of(path) as address:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            return
        except TimeoutError:
            pass
    raise SocketInUseError(f"another kioskd answers on {path}")
