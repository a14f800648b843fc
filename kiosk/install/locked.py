"""The part of `requirements.lock` that a kiosk runs: what setup.cfg asks for, and what that needs."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

TOOLS = ("pip", "setuptools")
BUILT = "built.txt"
_STANZA = re.compile(r"^[A-Za-z0-9][^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE)
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
_VIA = re.compile(r"^    #(?: via|  ) +([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def runtime_lock(lock: str, wanted: list[str]) -> str:
    """The stanzas of `lock` needed by the packages `wanted`, and pip, each with its hashes."""
    stanzas = {_name(text): text for text in _STANZA.findall(lock)}
    parents = {name: {_canonical(parent) for parent in _VIA.findall(text)} for name, text in stanzas.items()}
    needed = {_name(requirement) for requirement in wanted} | set(TOOLS)
    while more := {name for name, above in parents.items() if above & needed} - needed:
        needed |= more
    return "".join(text for name, text in stanzas.items() if name in needed)


def tools_lock(lock: str) -> str:
    """Pip's and setuptools' stanzas: they go first, so that nothing unpinned builds anything."""
    return "".join(text for text in _STANZA.findall(lock) if _name(text) in TOOLS)


def with_built(lock: str, wheels: Path) -> str:
    """`lock`, in which the wheels that were built for a bundle count too, by the list beside them."""
    listed = wheels / BUILT
    lines = listed.read_text(encoding="ascii").splitlines() if listed.exists() else []
    built = dict(line.split() for line in lines)
    return _STANZA.sub(lambda found: _with_hash(found[0], built.get(_name(found[0]))), lock)


def wheel_name(path: Path) -> str:
    """The package that a wheel's file is of."""
    return _canonical(path.name.partition("-")[0])


def _with_hash(stanza: str, digest: str | None) -> str:
    first, _, rest = stanza.partition("\n")
    return stanza if digest is None else f"{first}\n    --hash=sha256:{digest} \\\n{rest}"


def wanted_by(setup_cfg: Path) -> list[str]:
    """The requirements in `install_requires`."""
    config = configparser.ConfigParser()
    config.read_string(setup_cfg.read_text(encoding="utf-8"))
    return [line for line in config["options"]["install_requires"].splitlines() if line.strip()]


def _name(text: str) -> str:
    found = _NAME.match(text.strip())
    return _canonical(found[1]) if found else ""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
