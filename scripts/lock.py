"""Make requirements.lock anew from setup.cfg: every package pinned, every file of it by hash.

Run it with `make lock`, on any machine that reaches a package index. Nothing about that index gets
into the lock.
"""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Made by `make lock` from setup.cfg; how it is installed and why: docs/decisions/002-lock.md
"""
# face_recognition asks for dlib, which would be compiled; dlib-bin is the same module as wheels.
# Of scikit-image only a picture is used, and nothing of it is imported.
LEFT_OUT = ("dlib", "imageio", "lazy-loader", "networkx", "scipy", "tifffile")
OVERRIDES = "".join(f"{name} ; sys_platform == 'never'\n" for name in LEFT_OUT)
ELSEWHERE = re.compile(r"(?:;| and) sys_platform == '(win32|never|darwin)'")


def wanted(setup: Path) -> list[str]:
    """The requirements setup.cfg names, its extras' too."""
    config = configparser.ConfigParser()
    config.read(setup, encoding="utf-8")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return [line.strip() for text in lists for line in text.splitlines() if line.strip()]


def resolve(requirements: list[str], scratch: Path) -> str:
    """What uv resolves them to on Python 3.11 and up, with hashes."""
    venv.create(scratch / "venv", with_pip=True)
    tools = scratch / "venv" / "bin"
    subprocess.run([str(tools / "pip"), "install", "-q", "uv"], check=True)
    override = scratch / "override.txt"
    override.write_text(OVERRIDES, encoding="utf-8")
    command = [str(tools / "uv"), "pip", "compile", "-", "--universal", "--python-version", "3.11"]
    plain = ["--generate-hashes", "--quiet", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    done = subprocess.run(
        [*command, *plain, "--override", str(override)],
        input="\n".join(requirements),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def stanzas(resolved: str) -> list[str]:
    """One text a package, those for other systems left out."""
    found = re.findall(r"^\S[^\n]*\n(?:[ \t][^\n]*\n)*", resolved, flags=re.MULTILINE)
    return [text for text in found if not ELSEWHERE.search(text.splitlines()[0])]


def main() -> int:
    """Write requirements.lock."""
    with tempfile.TemporaryDirectory() as scratch:
        resolved = resolve(wanted(ROOT / "setup.cfg"), Path(scratch))
    packages = stanzas(resolved)
    (ROOT / "requirements.lock").write_text(HEADER + "".join(packages), encoding="utf-8")
    sys.stdout.write(f"requirements.lock: {len(packages)} packages\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
