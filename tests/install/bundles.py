"""Bundles to install and to update to: of this checkout, of a later version, of one that does not start."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from kiosk.install.manifest import SIGNATURE
from kiosk.install.release import PACKAGES, SOURCES, SYSTEM
from tests.house.tracked import ROOT

PYTHON_OF = {"bookworm": "3.11", "trixie": "3.13"}


def checkout(
    folder: Path, version: str, spoil: Callable[[Path], None] = lambda tree: None, source: Path = ROOT
) -> Path:
    """A copy of the checkout `source` that says it is `version`."""
    for name in (*PACKAGES, *SYSTEM, "packaging", "scripts"):
        shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        if (source / name).exists():
            shutil.copy2(source / name, folder / name)
    cfg = folder / "setup.cfg"
    lines = cfg.read_text(encoding="utf-8").splitlines(keepends=True)
    cfg.write_text(
        "".join(f"version = {version}\n" if line.startswith("version = ") else line for line in lines),
        encoding="utf-8",
    )
    spoil(folder)
    return folder


def bundle(
    tree: Path,
    out: Path,
    python: str,
    *,
    arch: str = "amd64",
    key: Path | None = None,
    wheels: Path | None = None,
) -> Path:
    """What `make bundle` makes of `tree`."""
    command = [sys.executable, "-m", "kiosk.install", "bundle", str(tree), "--arch", arch,
               "--python", python, "--out", str(out)]  # fmt: skip
    if key is not None:
        command += ["--key", str(key), "--pub", str(key.with_suffix(".pub"))]
    if wheels is not None:
        command += ["--wheels", str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def unsigned(made: Path, target: Path) -> None:
    """The same bundle with its signature left out."""
    with tarfile.open(made) as whole, tarfile.open(target, "w") as rest:
        for member in whole:
            if Path(member.name).name != SIGNATURE:
                rest.addfile(member, whole.extractfile(member))


def third_parties(made: Path, folder: Path) -> None:
    """The wheels of a bundle but our own, for further bundles and for a checkout."""
    folder.mkdir()
    with tarfile.open(made) as tar:
        for member in tar:
            name = Path(member.name).name
            content = tar.extractfile(member)
            if content and "/wheels/" in member.name and not name.startswith("hadir-"):
                (folder / name).write_bytes(content.read())


def never_ready(tree: Path) -> None:
    """A version whose kioskd ends at once."""
    (tree / "kiosk/kioskd.py").write_text(
        '"""Broken."""\nimport sys\n\n\ndef main() -> None:\n    sys.exit("broken on purpose")\n',
        encoding="utf-8",
    )


def without_a_screen(tree: Path) -> None:
    """A version whose kiosk-ui ends at once."""
    (tree / "ui/main.py").write_text(
        '"""Broken."""\nimport sys\n\n\ndef main() -> None:\n    sys.exit("dark on purpose")\n',
        encoding="utf-8",
    )


def changes_the_ledger(tree: Path) -> None:
    """A version that brings the ledger to a newer schema and then ends at once."""
    never_ready(tree)
    path = tree / "kiosk/kioskd.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "    sys.exit(",
            "    import sqlite3\n\n    db = sqlite3.connect('/var/lib/hadir/kiosk.db')\n"
            "    db.execute('PRAGMA user_version = 99')\n    db.commit()\n    sys.exit(",
        ),
        encoding="utf-8",
    )
