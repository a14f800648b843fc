"""A Debian for arm64, run by qemu: the same lock and commands, a finger, a face; see `docs/arm64.md`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.demo.faces.clips import write_all
from tests.house.tracked import ROOT
from tests.install import bundles
from tests.install.kiosk_in import ENROL, NAME, NUMBER, SITE
from tests.install.nspawn import fresh_debian
from tests.install.steps import install_steps

BINFMT = Path("/proc/sys/fs/binfmt_misc")
CPU = "cortex-a72"
"""A Pi 4's. QEMU's own choice has SVE, and then some hosts now and then compute ten times as slowly."""
SCRIPT = """\
set -eu
cd /srv
{steps}
bin=/opt/hadir/current/bin
$bin/python -c "
import argon2, cryptography, cv2, dlib, face_recognition, msgspec, numpy, paho.mqtt, psycopg, pyfingerprint
import pygame, serial, xlsxwriter, zk
import platform; print('imported on', platform.machine())"
as_hadir="setpriv --reuid hadir --regid hadir --init-groups"
install -d -o hadir -g hadir /run/hadir-emulated
cp -r faces /run/hadir-emulated/
$as_hadir $bin/python -m drivers.emulated.r307 --link /run/hadir-emulated/r307 \\
  --control /run/hadir-emulated/r307.sock --speed 0 & reader=$!
$as_hadir $bin/kioskd --config /etc/hadir/kiosk.toml & kioskd=$!
for _ in $(seq 120); do
  if kioskctl status --json 2>/dev/null | tr -d ' ' | grep -q '"status":"ready"'; then break; fi
  sleep 1
done
$bin/python enrol.py {number} '{name}'
kioskctl emulate finger {number} --wait 60 --json > finger.json
setpriv --reuid hadir-face --regid hadir-face --init-groups \\
  $bin/kiosk-face --socket /run/hadir/face/face.sock & face=$!
$as_hadir $bin/python -m drivers.emulated.camera --port 8090 --control /run/hadir-emulated/camera.sock \\
  /run/hadir-emulated/faces/empty & camera=$!
kioskctl people add {seen} '{seen_name}'
for _ in $(seq 8); do
  if kioskctl enrol face {seen} --from /run/hadir-emulated/faces/{seen}/enrol --consent; then break; fi
done
for _ in $(seq 4); do
  kioskctl emulate face {seen} --wait 600 --json > face.json || true
  if grep -q '"taken"' face.json; then break; fi
done
kioskctl ledger verify
kill $kioskd
wait $kioskd
kill $reader $face $camera
echo all went well
"""


# Emulated, a frame takes a second or more of a core: what asks for quick answers is left out.
CAMERA = """
[camera]
driver = "opencv"
source = "http://127.0.0.1:8090/"
width_px = 640
height_px = 480
fps = 5.0
simulated = true
emulator_control = "/run/hadir-emulated/camera.sock"

[face]
enabled = true
liveness = "off"
"""
SEEN, SEEN_NAME = "199002142015032002", "Dewi Lestari"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_same_lock_takes_a_finger_and_a_face_on_arm64(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("binfmt_misc and containers need root")
    _let_qemu_run_arm64()
    made = bundles.bundle(ROOT, tmp_path, "3.11", arch="arm64")
    root = tmp_path / "root"
    subprocess.run(("cp", "-a", str(fresh_debian("bookworm", "--arch=arm64")), str(root)), check=True)
    try:
        made.rename(root / "srv" / made.name)
        write_all(root / "srv/faces", SEEN)
        cards = _punch_in(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    assert [(card["kind"], card["name"]) for card in cards] == [("taken", NAME), ("taken", SEEN_NAME)]


def _punch_in(root: Path) -> list[dict[str, object]]:
    steps = install_steps("docs/install.md")
    (root / "srv/site.toml").write_text(SITE + CAMERA, encoding="utf-8")
    (root / "srv/enrol.py").write_text(ENROL, encoding="utf-8")
    script = SCRIPT.format(steps="\n".join(steps), number=NUMBER, name=NAME, seen=SEEN, seen_name=SEEN_NAME)
    (root / "srv/run.sh").write_text(script, encoding="utf-8")
    done = subprocess.run(
        ("systemd-nspawn", "--quiet", "--as-pid2", "--register=no", "--keep-unit", "--private-network",
         "--machine=hadir-arm64", "--hostname=kiosk", f"--directory={root}",
         "--setenv=HADIR_NO_APT=1", f"--setenv=QEMU_CPU={CPU}", "sh", "/srv/run.sh"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    assert "imported on aarch64" in done.stdout
    assert "all went well" in done.stdout
    return [
        json.loads((root / f"srv/{way}.json").read_text(encoding="utf-8"))["card"]
        for way in ("finger", "face")
    ]


def _let_qemu_run_arm64() -> None:
    """What binfmt-support does at boot, for a machine without systemd."""
    if not (BINFMT / "register").exists():
        subprocess.run(("mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)), check=True)
    if not (BINFMT / "qemu-aarch64").exists():
        subprocess.run(("update-binfmts", "--enable", "qemu-aarch64"), check=True)
