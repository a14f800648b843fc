"""A USB stick plugged into a machine with a real systemd and udev: mounted, let go, pulled out, not ours.

QEMU's USB bus brings what a container has not: a device that comes and goes. No kioskd runs in it; what that
does with the stick is tried in `tests/upkeep/test_stick.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.install.nspawn import fresh_debian
from tests.upkeep.machine import BOOT_S, HOUSE, Machine, kernel, pack_initramfs

MODULES = (
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "overlay",
    "vfat",
    "nls_cp437",
    "nls_ascii",
    "nls_utf8",
    "ext4",
)
INIT = """\
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules); do /bin/busybox insmod /$module; done
/bin/busybox mkdir -p /host /over /new
/bin/busybox mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 host /host
/bin/busybox mount -t tmpfs tmpfs /over
/bin/busybox mkdir /over/up /over/work
/bin/busybox mount -t overlay overlay -o lowerdir=/host@ROOT@,upperdir=/over/up,workdir=/over/work /new
/bin/busybox mkdir -p /new/usr/lib/modules
/bin/busybox mount -o bind /host/usr/lib/modules /new/usr/lib/modules
/bin/busybox cp -a /host@FILES@/. /new/
exec /bin/busybox switch_root /new /sbin/init
"""
SERVICE = """\
[Service]
ExecStart=/usr/bin/python3 /stick_guest.py
[Install]
WantedBy=multi-user.target
"""
OFFSET = 1 << 20


class Plugged(Machine):
    """With a USB bus, and a line to QEMU to plug things into it."""

    line: socket.socket

    def _drive(self) -> tuple[str, ...]:
        images = (self.disk, self.disk.with_name("ext4.img"))
        drives = [
            json.dumps({"node-name": image.stem, "driver": "raw",
                        "file": {"driver": "file", "filename": str(image)}})
            for image in images
        ]  # fmt: skip
        blocks = [word for drive in drives for word in ("-blockdev", drive)]
        return (*blocks, "-device", "qemu-xhci,id=usb", "-qmp", f"unix:{self._qmp},server=on,wait=off")

    @property
    def _qmp(self) -> Path:
        return self.disk.with_name("qmp")

    def talk(self) -> None:
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(60)
        self.line.connect(str(self._qmp))
        self._answers = self.line.makefile("r", encoding="utf-8")
        self._ask("qmp_capabilities")

    def told(self, word: str) -> Any:
        """The value of the machine's next line `word`."""
        for found, value in self.lines(BOOT_S):
            assert found != "wrong", value
            if found == word:
                return value
        raise AssertionError(self.noise[-30:])

    def plug(self, image: str) -> None:
        self._ask("device_add", driver="usb-storage", id=image, drive=image, removable=True)

    def pull(self, image: str) -> None:
        self._ask("device_del", id=image)
        self._answer("event", "DEVICE_DELETED")

    def _ask(self, command: str, **arguments: Any) -> None:
        self.line.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        self._answer("return", {})

    def _answer(self, key: str, value: Any) -> None:
        for text in self._answers:
            said = json.loads(text)
            assert "error" not in said, said
            if said.get(key) == value:
                return
        raise AssertionError("QEMU has ended")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the machine sees it too."""
    made = Path(tempfile.mkdtemp(prefix="hadir-plug-", dir="/var/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def machine(folder: Path) -> Iterator[Plugged]:
    found = kernel()
    if found is None or os.geteuid() != 0:
        pytest.skip("needs root, qemu-system-x86, busybox-static and linux-image-amd64")
    for name, text in stick_files().items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        path.chmod(0o755 if path.name == "hadir-stick" else 0o644)
    wants = folder / "files/etc/systemd/system/multi-user.target.wants"
    wants.mkdir()
    (wants / "guest.service").symlink_to("../guest.service")
    (wants.parent / "serial-getty@ttyS0.service").symlink_to("/dev/null")  # the line is ours alone
    init = INIT.replace("@ROOT@", str(fresh_debian("trixie"))).replace("@FILES@", str(folder / "files"))
    initramfs = pack_initramfs(folder, found, init, "", MODULES)
    made = Plugged(found, initramfs, stick_image(folder), memory_mb=768)
    made.start()
    try:
        yield made
    finally:
        made.cut()


def stick_files() -> dict[str, bytes]:
    """What an installation puts where, as far as sticks go."""
    systemd, local = HOUSE / "systemd", "usr/local/lib"
    return {
        "opt/hadir/current/share/hadir/systemd/hadir-stick": (systemd / "hadir-stick").read_bytes(),
        f"{local}/systemd/system/hadir-stick@.service": (systemd / "hadir-stick@.service").read_bytes(),
        **{
            f"{local}/{there}/{file.name}": file.read_bytes()
            for here, there in (("udev", "udev/rules.d"), ("sysusers.d", "sysusers.d"), ("tmpfiles.d",) * 2)
            for file in (systemd / here).iterdir()
        },
        "stick_guest.py": Path(__file__).with_name("stick_guest.py").read_bytes(),
        "etc/systemd/system/guest.service": SERVICE.encode(),
    }


def stick_image(folder: Path) -> Path:
    """A stick as shops sell it, one FAT32 partition; and one with a file system that is not for sticks."""
    image, other = folder / "stick.img", folder / "ext4.img"
    for path in (image, other):
        with path.open("wb") as file:
            file.truncate(96 << 20)
    size = (96 << 20) - OFFSET
    partition = struct.pack("<8sLL", b"\0\0\0\0\x0c\0\0\0", OFFSET // 512, size // 512)  # FAT32 with LBA
    with image.open("r+b") as file:
        file.seek(446)
        file.write(partition + bytes(48) + b"\x55\xaa")
    offset = ("--offset", str(OFFSET // 512))
    run("mkfs.vfat", "-F", "32", *offset, "-n", "HADIR", str(image), str(size // 1024))
    run("mmd", "-i", f"{image}@@{OFFSET}", "::hadir")
    run("mkfs.ext4", "-q", "-F", str(other))
    return image


def run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_stick_is_mounted_for_kioskd_and_let_go(machine: Plugged) -> None:
    assert machine.told("tick") == ""
    machine.talk()
    machine.plug("stick")
    first = machine.told("stored")
    assert first["unit"] == ["hadir-stick@sda1.service"]
    assert (first["kind"], first["owner"]) == ("vfat", "hadir")
    assert {"noexec", "nosuid", "nodev", "nosymfollow"} <= set(first["options"].split(","))
    assert (first["written"], first["left"]) == ("", "")
    assert "Permission denied" in first["run"]
    proof = run("mtype", "-i", f"{machine.disk}@@{OFFSET}", "::hadir/proof.txt")
    assert proof == b"proof\n"
    machine.pull("stick")
    machine.plug("stick")
    assert machine.told("stored")["kind"] == "vfat"
    machine.pull("stick")  # while it is mounted
    assert machine.told("stored") == ""
    machine.plug("ext4")
    assert machine.told("stored") == {"mounted": False, "unit": []}
