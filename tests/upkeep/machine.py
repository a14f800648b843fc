"""A whole machine in QEMU: a Debian kernel, this checkout read only, and a disk of its own with real ext4."""

from __future__ import annotations

import json
import os
import platform
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.upkeep.guest import FS_MB

MARKS_BYTES = 4 << 20
LOG_BYTES = 8 << 30
MODULES = ("virtio_pci", "virtio_blk", "ext4", "9pnet_virtio", "9p")
HOUSE = Path(__file__).resolve().parents[2]
BOOT_S = 900.0
PROBE_S = 8
INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules); do /bin/busybox insmod /$module; done
/bin/busybox mkdir -p /house
/bin/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 host /house
/bin/busybox mkdir -p /checkout
/bin/busybox mount -o bind /house@HOUSE@ /checkout
for place in tmp run; do /bin/busybox mount -t tmpfs tmpfs /house/$place; done
/bin/busybox mkdir -p /house@HOUSE@  # it may lie under /tmp
/bin/busybox mount -o bind /checkout /house@HOUSE@
/bin/busybox mount -t proc proc /house/proc
/bin/busybox mount -t sysfs sysfs /house/sys
/bin/busybox mount -t devtmpfs dev /house/dev
/bin/busybox mkdir -p /house/dev/pts /house/dev/shm
/bin/busybox mount -t devpts devpts /house/dev/pts
/bin/busybox ifconfig lo 127.0.0.1 up
/bin/busybox mkdir -p /house@STATE@
/bin/busybox mount -t ext4 /dev/vda /house@STATE@ || echo 'wrong "the disk cannot be mounted"'
/bin/busybox cp /house@STATE@/r307.state /house/tmp/r307.state
cd /house
exec /bin/busybox chroot /house /bin/sh -c '@COMMAND@'
"""


def kernel() -> Path | None:
    """A kernel of the OS that knows 9p; None where there is none, or no QEMU and busybox."""
    if platform.machine() != "x86_64" or not shutil.which("qemu-system-x86_64") or not busybox():
        return None
    found = [path for path in Path("/boot").glob("vmlinuz-*") if _modules(path.name.removeprefix("vmlinuz-"))]
    return max(found, default=None)


@cache
def acceleration(kernel_file: Path) -> tuple[str, ...]:
    """KVM where it truly runs this kernel: inside some virtual machines it is there and does not."""
    kvm = ("-accel", "kvm", "-cpu", "host")
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ("-accel", "tcg")
    command = (
        "timeout", str(PROBE_S), "qemu-system-x86_64", *kvm, "-m", "256", "-nographic", "-no-reboot",
        "-kernel", str(kernel_file), "-append", "console=ttyS0 panic=-1",
    )  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return kvm if b"Linux version" in done.stdout else ("-accel", "tcg")


def busybox() -> Path | None:
    """A busybox that needs no libraries."""
    name = shutil.which("busybox")
    if not name:
        return None
    kind = subprocess.run(("ldd", name), capture_output=True, text=True, check=False)
    return Path(name) if kind.returncode else None


def _modules(version: str, names: tuple[str, ...] = MODULES) -> list[Path]:
    """Files of the modules in the order they are to be loaded; none when one is missing."""
    found: list[Path] = []
    for module in names:
        command = (shutil.which("modprobe") or "/sbin/modprobe", "-S", version, "-D", module)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return []
        lines = [line.split() for line in done.stdout.splitlines()]
        found += [Path(words[1]) for words in lines if words[0] == "insmod" and Path(words[1]) not in found]
    return found


def build_initramfs(folder: Path, kernel_file: Path, state: Path, numbers: list[str]) -> Path:
    """An initramfs that mounts everything and becomes `tests.upkeep.guest`."""
    guest = f"exec {sys.executable} -m tests.upkeep.guest {state} {' '.join(numbers)}"
    command = f"cd {HOUSE} && PYTHONPATH={HOUSE} {guest}"
    return pack_initramfs(folder, kernel_file, INIT.replace("@STATE@", str(state)), command, MODULES)


def pack_initramfs(folder: Path, kernel_file: Path, init: str, command: str, wanted: tuple[str, ...]) -> Path:
    """An initramfs with a busybox, modules and the `init` that ends by running `command`."""
    root = folder / "initramfs"
    for name in ("bin", "proc", "dev"):
        (root / name).mkdir(parents=True)
    program = busybox()
    assert program
    shutil.copy(program, root / "bin" / "busybox")
    modules = _modules(kernel_file.name.removeprefix("vmlinuz-"), wanted)
    for path in modules:
        shutil.copy(path, root / path.name)
    (root / "modules").write_text("\n".join(path.name for path in modules), encoding="ascii")
    init = init.replace("@HOUSE@", str(HOUSE)).replace("@COMMAND@", command)
    (root / "init").write_text(init, encoding="utf-8")
    (root / "init").chmod(0o755)
    image = folder / "initramfs.cpio"
    names = "\n".join(str(path.relative_to(root)) for path in root.rglob("*"))
    with image.open("wb") as file:
        subprocess.run(
            ("cpio", "-o", "-H", "newc", "--quiet"), input=names.encode(), stdout=file, cwd=root, check=True
        )
    return image


def build_disk(path: Path, content: Path) -> None:
    """An ext4 file system with `content` in it."""
    with path.open("wb") as file:
        file.truncate((FS_MB << 20) + MARKS_BYTES)
    command = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-d", str(content), str(path), f"{FS_MB}M")
    subprocess.run(command, check=True)


@dataclass
class Machine:
    """Boots, tells what it says, and is cut."""

    kernel: Path
    initramfs: Path
    disk: Path
    log: Path | None = None
    memory_mb: int = 768
    said: list[tuple[str, Any]] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    def start(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            ("qemu-system-x86_64", *acceleration(self.kernel), "-m", str(self.memory_mb), "-nographic",
             "-no-reboot", "-monitor", "none",
             "-kernel", str(self.kernel), "-initrd", str(self.initramfs),
             "-append", "console=ttyS0 quiet panic=-1 no_timer_check rdinit=/init",
             *self._drive(),
             "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _drive(self) -> tuple[str, ...]:
        """The disk; with `log` every write and flush to it is kept in order there (dm-log-writes' format)."""
        file = {"driver": "file", "filename": str(self.disk)}
        if self.log is None:
            return (
                "-blockdev",
                json.dumps({"node-name": "disk", **file}),
                "-device",
                "virtio-blk-pci,drive=disk",
            )
        with self.log.open("wb") as log:
            log.truncate(LOG_BYTES)
        logged = {
            "node-name": "disk", "driver": "blklogwrites", "file": file, "log-super-update-interval": 1,
            "log": {"driver": "file", "filename": str(self.log)},
        }  # fmt: skip
        return ("-blockdev", json.dumps(logged), "-device", "virtio-blk-pci,drive=disk")

    def wait_for(self, word: str, timeout_s: float = BOOT_S) -> Any:
        """The value of the next line `word`; earlier lines are kept in `said`."""
        for found, value in self.lines(timeout_s):
            if found == word:
                return value
        raise TimeoutError(f"no {word!r} in {timeout_s:g} s: {self.noise[-30:]}")

    def lines(self, for_s: float) -> Iterator[tuple[str, Any]]:
        """What it says for so long."""
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                self._lines.put(None)
                return
            if (said := _parsed(line)) is not None:
                self.said.append(said)
                yield said
            else:
                self.noise.append(line.rstrip())

    def cut(self) -> None:
        """The power is gone. What it said before counts."""
        self._process.kill()
        self._process.wait(10)
        while (line := self._lines.get(timeout=10)) is not None:
            if line.endswith("\n") and (said := _parsed(line)) is not None:
                self.said.append(said)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as out:
            for line in out:
                self._lines.put(line.decode(errors="replace"))
        self._lines.put(None)


def _parsed(line: str) -> tuple[str, Any] | None:
    word, _, value = line.strip().partition(" ")
    if word not in ("stored", "tick", "touch", "wrong"):
        return None
    try:
        return word, json.loads(value)
    except json.JSONDecodeError:
        return None
