"""`make bundle`: everything a kiosk needs in one file, for a stick, an update, or a `.deb`.

Made on any machine that reaches a package index; the kiosk it is for may be of another kind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.install.errors import InstallError
from kiosk.install.locked import BUILT, runtime_lock, wanted_by, wheel_name
from kiosk.install.manifest import MANIFEST, SIGNATURE, sha256, write_manifest
from kiosk.install.release import PACKAGES, SOURCES, SYSTEM, read_release

PLATFORMS = {"amd64": "x86_64", "arm64": "aarch64"}
GLIBC_MINORS = range(36, 16, -1)  # Debian 12 has glibc 2.36


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bundle: for a Debian architecture and these Pythons, signed or not.

    `third_parties` holds wheels gathered before, from an earlier bundle: nothing is fetched then.
    """

    architecture: str
    pythons: tuple[str, ...]
    secret_key: Path | None = None
    public_key: Path | None = None
    third_parties: Path | None = None


def make_bundle(checkout: Path, wanted: Wanted, out: Path) -> Path:
    """The bundle's file in `out`. Raises `InstallError`, `OSError`."""
    out.mkdir(parents=True, exist_ok=True)
    release = replace(read_release(checkout), architecture=wanted.architecture, pythons=wanted.pythons)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        folder = Path(scratch) / f"hadir-{release.version}"
        folder.mkdir()
        _gather_wheels(checkout, wanted, folder / "wheels", Path(scratch))
        for name in (*SYSTEM, "packaging"):
            shutil.copytree(checkout / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("requirements.lock", "setup.cfg", "LICENSE"):
            shutil.copy2(checkout / name, folder / name)
        shutil.copy2(checkout / "scripts/install.sh", folder / "install")
        if wanted.public_key is not None:
            shutil.copy2(wanted.public_key, folder / "update.pub")
        release.describe(folder)
        write_manifest(folder, wanted.secret_key)
        target = out / f"hadir-{release.version}-{wanted.architecture}.tar"
        _pack(folder, target)
    return target


def _gather_wheels(checkout: Path, wanted: Wanted, wheels: Path, scratch: Path) -> None:
    """What the lock names, as the lock's own hashes know it, and our own code as a wheel."""
    if wanted.third_parties is None:
        _download(checkout, wanted, wheels, scratch)
    else:
        ours = shutil.ignore_patterns("hadir-*.whl")
        shutil.copytree(wanted.third_parties, wheels, ignore=ours, copy_function=os.link)
    source = scratch / "source"
    for name in PACKAGES:
        shutil.copytree(checkout / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        if (checkout / name).exists():
            shutil.copy2(checkout / name, source / name)
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source))


def _download(checkout: Path, wanted: Wanted, wheels: Path, scratch: Path) -> None:
    lock = scratch / "lock.txt"
    text = (checkout / "requirements.lock").read_text(encoding="utf-8")
    lock.write_text(runtime_lock(text, wanted_by(checkout / "setup.cfg")), encoding="utf-8")
    machine = PLATFORMS[wanted.architecture]
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    platforms += [f"--platform={old}_{machine}" for old in ("manylinux2014", "manylinux2010", "manylinux1")]
    for python in wanted.pythons:
        _pip("download", "--no-deps", "--require-hashes", "--no-build-isolation", "-r", str(lock),
             "-d", str(wheels), "--python-version", python, "--implementation", "cp", *platforms)  # fmt: skip
    _build(wheels)


def _build(wheels: Path) -> None:
    """Wheels of what is source only, as far as they run anywhere: a Pi spends a minute on them otherwise."""
    lines = []
    for source in sorted(wheels.glob("*.tar.gz")):
        made = wheels.with_name("built") / source.name
        _pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(made), str(source))
        for wheel in made.glob("*-none-any.whl"):
            lines.append(f"{wheel_name(wheel)} {sha256(wheel)}\n")
            wheel.rename(wheels / wheel.name)
            source.unlink()
        shutil.rmtree(made)
    (wheels / BUILT).write_text("".join(lines), encoding="ascii")


def _pip(*what: str) -> None:
    command = [sys.executable, "-m", "pip", *what, "-qq", "--disable-pip-version-check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise InstallError(f"pip {what[0]}: {done.stdout.strip()[-2000:]}", "is there a network?")


def _pack(folder: Path, target: Path) -> None:
    """The list and its signature first; everything root's, whoever made it."""
    first = [name for name in (MANIFEST, SIGNATURE) if (folder / name).exists()]
    rest = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    fresh = target.with_suffix(".tar.new")
    with tarfile.open(fresh, "w") as tar:
        for name in dict.fromkeys([*first, *rest]):
            tar.add(folder / name, f"{folder.name}/{name}", filter=_owned_by_root)
    fresh.replace(target)


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member
