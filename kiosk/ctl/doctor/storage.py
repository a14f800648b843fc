"""The disk: room, whether it may be written, how long it takes to keep something, and its wear."""

from __future__ import annotations

import heapq
import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

MB = 1 << 20
LITTLE_MB, NEARLY_NONE_MB = 200, 24
SLOW_MS, TOO_SLOW_MS = 150, 1_000
PROBES = 3
PROBE = ".doctor-probe"
RESERVE = "reserve"
KEPT = ("kiosk.db", "kiosk.db-wal", "kiosk.db-shm", RESERVE, "keys", "vault")
BACKUPS = "/mnt/hadir-backup"
OLD_COPY_S = 3 * 86_400
WORN = (10, 11)  # JEDEC eMMC 5.1, DEVICE_LIFE_TIME_EST: steps of 10 %


def disk(seen: Seen) -> Iterator[Finding]:
    """Room on the filesystem of the ledger."""
    folder = seen.state_dir
    try:
        room = os.statvfs(folder)
    except OSError as error:
        if folder.is_dir() or not isinstance(error, FileNotFoundError):
            yield unknown("disk", f"{folder}: {error.strerror}", "use sudo")
        else:
            yield unknown("disk", f"there is no {folder} yet")
        return
    free_mb = room.f_bavail * room.f_frsize // MB
    where = _mount_of(folder)
    if room.f_flag & os.ST_RDONLY:
        advice = "the kernel does this when a card fails: `dmesg | tail`; copy the ledger off before all else"
        yield fault(
            "disk", f"{where} is read-only: nothing can be kept", advice, f"mount -o remount,rw {where}"
        )
    elif free_mb < NEARLY_NONE_MB or (room.f_files and room.f_favail < 100):
        yield fault("disk", f"{where} is full ({free_mb} MB free): {_last_room(folder)}", *_make_room(folder))
    elif free_mb < LITTLE_MB:
        yield warning("disk", f"only {free_mb} MB free on {where}", *_make_room(folder))
    else:
        yield ok("disk", f"{free_mb:,} MB free on {where}")


def speed(seen: Seen) -> Iterator[Finding]:
    """How long the disk takes to keep one block for certain."""
    try:
        took_ms = sorted(_keep_ms(seen.state_dir / PROBE) for _ in range(PROBES))[PROBES // 2]
    except OSError as error:
        remedy = "use sudo" if isinstance(error, PermissionError) else ""
        yield unknown("disk speed", f"nothing can be written in {seen.state_dir}: {error.strerror}", remedy)
        return
    words = f"{took_ms:.0f} ms to keep one block"
    if took_ms < SLOW_MS:
        yield ok("disk speed", words)
        return
    advice = "the card is worn or poor: put in a new one (class A1 or A2), or move the ledger elsewhere"
    kind = fault if took_ms >= TOO_SLOW_MS else warning
    yield kind("disk speed", f"{words}: people wait for it at every punch", advice, _move(seen))


def wear(seen: Seen) -> Iterator[Finding]:
    """What card and filesystem say about their own health."""
    machine = seen.machine
    errors = {path.parent.name: machine.number(path) for path in machine.glob("/sys/fs/ext4/*/errors_count")}
    if bad := [f"{name} ({count} errors)" for name, count in errors.items() if count]:
        advice = "copy the ledger off, check the filesystem at the next boot, replace the card"
        yield fault(
            "card", f"the filesystem is damaged: {', '.join(bad)}", advice, "touch /forcefsck && reboot"
        )
        return
    lives = [machine.read(path) for path in machine.glob("/sys/block/mmcblk*/device/life_time")]
    used = max((int(word, 16) for life in lives if life for word in life.split()), default=0)
    if used in WORN:
        yield warning(
            "card",
            f"the card has used up {used * 10 - 10} % of its life or more",
            "replace it at the next visit",
        )
    elif used:
        yield ok("card", f"at most {used * 10} % of its life used")
    elif errors:
        yield ok("card", "the filesystem counts no errors; the card does not tell its age")
    else:
        yield unknown("card", "neither card nor filesystem tells its health")


def backup(seen: Seen) -> Iterator[Finding]:
    """How old the newest copy is, where one is made every night."""
    folder = seen.machine.path(BACKUPS)
    mounted = f" {BACKUPS} " in (seen.machine.read("/proc/self/mounts") or "")
    if not mounted:
        if seen.config is None:
            yield unknown("backup", "none; whether the centre has it, the configuration would say")
        elif seen.config.sync.host:
            yield ok("backup", "none here; the centre has what it has accepted")
        else:
            advice = f"mount a stick or a second partition at {BACKUPS}: docs/upkeep.md"
            yield warning(
                "backup", "none, and nothing is delivered: what is on this card is all there is", advice
            )
        return
    copies = [path.stat().st_mtime for path in folder.glob("hadir-*/*/backup.json")]
    age_s = time.time() - max(copies, default=0.0)
    if age_s < OLD_COPY_S:
        yield ok("backup", f"the newest copy is {age_s / 3600:.0f} h old")
    else:
        words = f"the newest copy is {age_s / 86_400:.0f} days old" if copies else f"no copy in {BACKUPS} yet"
        yield warning("backup", words, "make one now", "systemctl start hadir-backup", safe=True)


def _keep_ms(path: Path) -> float:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, os.urandom(4096))
        start_s = time.monotonic()
        os.fsync(descriptor)
        return (time.monotonic() - start_s) * 1000
    finally:
        os.close(descriptor)
        path.unlink()


def _mount_of(folder: Path) -> Path:
    folder = folder.resolve()
    return next(parent for parent in (folder, *folder.parents) if os.path.ismount(parent))


def _last_room(folder: Path) -> str:
    """What becomes of punches: the reserve is there until old photos and then it were given up for them."""
    if (folder / RESERVE).exists():
        return "punches still go in, old photos and then the reserve are given up for them"
    return "the reserve is used up, punches are refused when the last room is gone"


def _make_room(folder: Path) -> tuple[str, str]:
    """What to delete: the largest thing on the filesystem that is neither the kiosk's nor the system's."""
    where = _mount_of(folder)
    device = where.stat().st_dev
    if where == Path("/"):
        return (
            "the system's log and the packages' cache are the usual ones",
            "journalctl --vacuum-size=32M && apt-get clean",
        )
    largest = heapq.nlargest(3, _files(where, device, folder))
    if not largest:
        return "nothing there can be spared: put in a larger card", ""
    names = ", ".join(f"{path} ({size // MB} MB)" for size, path in largest)
    return (
        f"the largest files that are not the kiosk's: {names}; delete what is not needed",
        f"rm {shlex.quote(str(largest[0][1]))}",
    )


def _files(where: Path, device: int, state: Path) -> Iterator[tuple[int, Path]]:
    for folder, folders, files in os.walk(where):
        here = Path(folder)
        folders[:] = [name for name in folders if not (here == state and name in KEPT)]
        for name in files:
            path = here / name
            try:
                found = path.lstat()
            except OSError:
                continue
            if found.st_dev == device and not (here == state and name in KEPT) and found.st_size >= MB:
                yield found.st_size, path


def _move(seen: Seen) -> str:
    """How the state goes to another disk: one that is mounted already, or the one to be put on /mnt."""
    mounts = [line.split() for line in (seen.machine.read("/proc/self/mounts") or "").splitlines()]
    disks = [where for device, where, *_ in mounts if device.startswith("/dev/")]
    others = [where for where in disks if where != "/" and not where.startswith("/boot")]
    target = Path(others[0] if others else "/mnt") / seen.state_dir.name
    copy = shlex.join(("cp", "-a", str(seen.state_dir), f"{target.parent}/"))
    return f"systemctl stop kioskd; {copy} && {seen.set_command('state_dir', target)}"
