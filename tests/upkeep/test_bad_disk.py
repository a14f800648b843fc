"""A disk that fails: fsync errors, no room at any write, read-only from one moment to the next.

What was told as stored is there, once, and the kiosk always starts again once the disk works.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, append, at, punch

PUNCHES = 30
SYNCS, WRITES = "fsync,fdatasync", "pwrite64,pwritev,ftruncate,fallocate"


@pytest.fixture(scope="module")
def strace() -> str:
    found = shutil.which("strace")
    works = found and subprocess.run((found, "true"), capture_output=True, check=False).returncode == 0
    if not found or not works:
        pytest.skip("needs strace, and leave to trace")
    return found


def punched(state: Path, *before: str) -> tuple[list[int], bool]:
    """What a process told, and whether it could start."""
    done = subprocess.run(
        (*before, sys.executable, "-m", "tests.upkeep.puncher", str(state), str(PUNCHES)),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr[-2000:]
    words = [line.split() for line in done.stdout.splitlines()]
    return [int(word[1]) for word in words if word[0] == "told"], done.returncode == 0


def check(state: Path, told: list[int], most: int) -> None:
    """The kiosk starts, takes a punch, and holds each punch that was told, once."""
    store = Store.open(state, DeviceKeys.load_or_create(state / "keys"), IDENTITY, at(), reserve_mb=0)
    seqs = [past.seq for past in store.recent_punches("p1", 1 << 20)]
    assert set(told) <= set(seqs), (sorted(set(told) - set(seqs)), store.opened)
    assert len(seqs) == len(set(seqs)) <= most
    assert len(told) == len(set(told))
    append(store, punch())
    store.close()
    report = verify_file(state / "kiosk.db")
    assert report.ok, report.first_bad


def inject(strace: str, calls: str, error: str, when: str, state: Path) -> tuple[str, ...]:
    paths = ("kiosk.db", "kiosk.db-wal", "head.witness")
    on = [word for name in paths for word in ("-P", str(state / name))]
    return (
        strace,
        "-f",
        "-o",
        "/dev/null",
        *on,
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={calls}:error={error}:when={when}",
    )


def survives(strace: str, calls: str, error: str, when: str, state: Path) -> int:
    """A first run on a good disk, one on a bad disk; how many punches the second one told."""
    first, _ = punched(state)
    second, _ = punched(state, *inject(strace, calls, error, when, state))
    check(state, first + second, 2 * PUNCHES)
    return len(second)


@pytest.mark.parametrize("when", ["3+7", "20+"])
def test_fsync_errors(strace: str, tmp_path: Path, when: str) -> None:
    told = survives(strace, SYNCS, "EIO", when, tmp_path / "state")
    assert told < PUNCHES or not when.endswith("+")


@pytest.mark.parametrize("when", ["17", "31+"])
def test_no_room_at_a_write(strace: str, tmp_path: Path, when: str) -> None:
    survives(strace, WRITES, "ENOSPC", when, tmp_path / "state")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("calls", "error"), [(SYNCS, "EIO"), (WRITES, "ENOSPC"), (WRITES, "EIO")])
def test_every_single_call_fails_once(strace: str, tmp_path: Path, calls: str, error: str) -> None:
    """The Nth call fails, for every N until there are no more calls."""
    nth = 0
    while True:
        nth += 1
        state = tmp_path / f"state-{nth}"
        for when in (f"{nth}", f"{nth}+"):
            survives(strace, calls, error, when, state)
            shutil.rmtree(state)
        if nth >= 120:
            break
    print(f"{calls} {error}: {nth} places, each once and for ever: 0 lost, 0 doubled")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount")
    yield folder
    subprocess.run(("umount", "-l", str(folder)), check=True)


def remount(disk: Path, how: str) -> bool:
    command = ("mount", "-o", f"remount,{how}", str(disk))
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_file_system_that_turned_read_only_and_back(disk: Path) -> None:
    state = disk / "state"
    told, _ = punched(state)
    assert remount(disk, "ro")
    refused, started = punched(state)
    assert (refused, started) == ([], False)
    assert remount(disk, "rw")
    again, started = punched(state)
    assert started
    check(state, told + again, 2 * PUNCHES)


def test_a_disk_that_is_filled_bit_by_bit(disk: Path) -> None:
    state = disk / "state"
    told, _ = punched(state)
    runs = 1
    for left_kb in (400, 40, 0):
        fill(disk, left_kb)
        more, _ = punched(state)
        told += more
        runs += 1
    (disk / "ballast").unlink()
    check(state, told, runs * PUNCHES)


def fill(disk: Path, left_kb: int) -> None:
    """Leave so many KB free."""
    room = shutil.disk_usage(disk).free - (left_kb << 10)
    with (disk / "ballast").open("ab") as file:
        file.write(bytes(max(0, room)))
