"""Making a version: a virtual environment from the lock, and beside it what the version brings along."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.locked import runtime_lock, tools_lock, wanted_by, with_built
from kiosk.install.release import PACKAGES, SOURCES, SYSTEM, Release

COMPLETE = ".complete"
SHELLS = {"bash": "kioskctl", "zsh": "_kioskctl", "fish": "kioskctl.fish"}
BROUGHT = "share/hadir"
NEEDED = "needed.lock"
PYTHONS = ("3.11", "3.12", "3.13")
NEEDED_BYTES = 1_200_000_000
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def stage(layout: Layout, source: Path, release: Release, wheels: Path | None) -> Path:
    """The folder of `release`, made when it is not there yet; a half made one is made anew.

    With `wheels` nothing is fetched. Raises `InstallError`.
    """
    folder = layout.version(release.name)
    if (folder / COMPLETE).exists():
        return folder
    check_fits(release)
    check_room(layout)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    twin = _twin(layout, source)
    _fill(folder, source, wheels, twin, os_packages=_has_picamera2(Path(sys.executable)))
    bring(folder / BROUGHT, source, release)
    _complete(folder)
    _settle(folder)
    (folder / COMPLETE).touch()
    return folder


def check_fits(release: Release) -> None:
    """Raises `InstallError` when `release` is for another kind of machine or system."""
    python = _python()
    if python not in (release.pythons or PYTHONS):
        hint = (
            f"this one is for Python {', '.join(release.pythons or PYTHONS)}: Debian 12 has 3.11, 13 has 3.13"
        )
        raise InstallError(f"the system's Python is {python}", hint)
    here = MACHINES.get(os.uname().machine, os.uname().machine)
    if release.architecture not in ("", here):
        raise InstallError(
            f"the bundle is for {release.architecture}, this machine is {here}", f"make bundle ARCH={here}"
        )


def check_room(layout: Layout) -> None:
    """Raises `InstallError` when one more version does not fit on the disk."""
    free = shutil.disk_usage(layout.opt.parent if layout.opt.parent.exists() else layout.root).free
    if free < NEEDED_BYTES:
        raise InstallError(
            f"{free // 1_000_000} MB free, a version needs {NEEDED_BYTES // 1_000_000} MB",
            "make room: journalctl --vacuum-size=50M; apt-get clean",
        )


def _fill(folder: Path, source: Path, wheels: Path | None, twin: Path | None, *, os_packages: bool) -> None:
    """The environment: third parties from the lock or from a twin with the same lock, then our own code."""
    with tempfile.TemporaryDirectory() as scratch:
        if twin is not None:
            _venv(folder, whole=False, os_packages=os_packages)
            _share(twin, folder)
        else:
            _venv(folder, whole=wheels is None, os_packages=os_packages)
            _third_parties(folder, source, wheels, Path(scratch))
        _pip(folder, wheels, [str(_own_wheel(source, Path(scratch), wheels))])
    if os_packages and not _has_picamera2(folder / "bin/python"):
        # The OS's picamera2 was compiled for another numpy than the lock's: go on without the Pi's camera.
        sys.stderr.write("install: picamera2 does not work with this version's numpy; USB cameras do\n")
        shutil.rmtree(folder)
        _fill(folder, source, wheels, None, os_packages=False)


def _third_parties(folder: Path, source: Path, wheels: Path | None, scratch: Path) -> None:
    lock = (source / "requirements.lock").read_text(encoding="utf-8")
    first, rest = scratch / "first.txt", scratch / "rest.txt"
    first.write_text(tools_lock(lock), encoding="utf-8")
    needed = _needed(source)
    rest.write_text(with_built(needed, wheels) if wheels else needed, encoding="utf-8")
    _pip(folder, wheels, ["--require-hashes", "-r", str(first)], by=_first_pip(wheels))
    _pip(folder, wheels, ["--require-hashes", "--use-pep517", "-r", str(rest)])


def _needed(source: Path) -> str:
    lock = (source / "requirements.lock").read_text(encoding="utf-8")
    return runtime_lock(lock, wanted_by(source / "setup.cfg"))


def _twin(layout: Layout, source: Path) -> Path | None:
    """The version that runs, when its third parties are just those that `source` wants."""
    name = layout.name_of(layout.current)
    if name is None:
        return None
    twin = layout.version(name)
    try:
        same = (twin / BROUGHT / NEEDED).read_text(encoding="utf-8") == _needed(source)
    except OSError:
        return None
    return twin if same and _site(twin).is_dir() else None


def _share(twin: Path, folder: Path) -> None:
    """The twin's packages by hard links: an update costs an SD card seconds and a few megabytes."""
    site = _site(folder)
    shutil.rmtree(site)
    _run(["cp", "-al", str(_site(twin)), str(site)], "is the disk full? df -h")
    _run([str(folder / "bin/python"), "-m", "pip", "uninstall", "-qq", "-y", "hadir"], "")


def _site(folder: Path) -> Path:
    return folder / f"lib/python{_python()}/site-packages"


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _venv(folder: Path, *, whole: bool, os_packages: bool) -> None:
    options = [] if whole else ["--without-pip"]
    options += ["--system-site-packages"] if os_packages else []
    _run([sys.executable, "-m", "venv", *options, str(folder)], "is python3-venv installed?")


def _first_pip(wheels: Path | None) -> list[str]:
    """A wheel of pip runs without being installed."""
    if wheels is None:
        return ["-m", "pip"]
    found = sorted(wheels.glob("pip-*.whl"))
    if not found:
        raise InstallError(f"no pip in {wheels}", "the bundle is not whole: copy it again")
    return [str(found[-1] / "pip")]


def _pip(folder: Path, wheels: Path | None, what: Sequence[str], by: Sequence[str] = ("-m", "pip")) -> None:
    offline = ["--no-index", "--find-links", str(wheels)] if wheels else []
    _run(
        [str(folder / "bin/python"), *by, "install", "-qq", "--no-deps", "--no-build-isolation",
         "--no-cache-dir", "--disable-pip-version-check", "--root-user-action=ignore", *offline, *what],
        "without a network use a bundle: make bundle" if wheels is None else "the bundle fits another system",
    )  # fmt: skip


def _own_wheel(source: Path, scratch: Path, wheels: Path | None) -> Path:
    """Our own code: the bundle's wheel, or a copy of the checkout for pip to build."""
    if wheels and (found := sorted(wheels.glob("hadir-*.whl"))):
        return found[-1]
    copy = scratch / "hadir"
    copy.mkdir()
    for name in PACKAGES:
        shutil.copytree(source / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        if (source / name).exists():
            shutil.copy2(source / name, copy / name)
    return copy


def bring(folder: Path, source: Path, release: Release) -> None:
    """Units, configuration samples and the description travel with the version: a roll-back needs them."""
    folder.mkdir(parents=True)
    for name in SYSTEM:
        shutil.copytree(source / name, folder / name)
    for path in (folder / "systemd").iterdir():  # an update brings no modes: only what is in a file is signed
        if path.is_file() and path.read_bytes().startswith(b"#!"):
            path.chmod(0o755)
    (folder / NEEDED).write_text(_needed(source), encoding="utf-8")
    release.describe(folder)


def _complete(folder: Path) -> None:
    """What each shell needs to complete kioskctl's commands."""
    for shell, name in SHELLS.items():
        script = _run([str(folder / "bin/python"), str(folder / "bin/kioskctl"), "completion", shell], "")
        file = folder / BROUGHT / "completion" / shell / name
        file.parent.mkdir(parents=True)
        file.write_text(script, encoding="utf-8")


def _settle(folder: Path) -> None:
    """Everybody may run it, only root may change it, and a power cut now leaves no half written file."""
    _run(["chmod", "-R", "u=rwX,go=rX", str(folder)], "")
    os.sync()


def _has_picamera2(python: Path) -> bool:
    probe = [str(python), "-c", "import picamera2"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str], hint: str) -> str:
    """What it printed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **_pip_settings()},
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise InstallError(f"{' '.join(command[:6])} ... failed:\n{last}", hint)
    return done.stdout


def _pip_settings() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
