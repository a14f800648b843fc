"""What can be installed: a checkout, or a bundle with its wheels. Both describe themselves the same way."""

from __future__ import annotations

import configparser
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from kiosk.install.errors import InstallError

DESCRIPTION = "release.json"
PACKAGES = ("bench", "drivers", "kiosk", "sync", "ui")
SOURCES = ("setup.cfg", "pyproject.toml", "requirements.lock", "LICENSE", "README.md")
SYSTEM = ("systemd", "config", "docs/man")
_SCHEMA = re.compile(r"^LATEST = (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of Hadir. `schema` is the newest database it can read.

    A bundle also says which Debian architecture and Python versions its wheels are for.
    """

    name: str
    version: str
    schema: int
    architecture: str = ""
    pythons: tuple[str, ...] = ()

    def describe(self, folder: Path) -> None:
        """Write `release.json` into `folder`."""
        text = json.dumps(asdict(self), indent=1) + "\n"
        (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def read_release(source: Path) -> Release:
    """The release in the checkout, bundle or installed version at `source`. Raises `InstallError`."""
    described = source / DESCRIPTION
    try:
        if described.exists():
            said = json.loads(described.read_text(encoding="utf-8"))
            return Release(**{**said, "pythons": tuple(said["pythons"])})
        return _of_checkout(source)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InstallError(f"{source} holds no release: {error}", "name a checkout or a bundle") from error


def source_files(checkout: Path) -> Iterator[Path]:
    """Every file of a checkout that goes into a release, in a fixed order."""
    for name in SOURCES:
        if (checkout / name).exists():
            yield checkout / name
    for folder in (*PACKAGES, *SYSTEM):
        yield from (
            path
            for path in sorted((checkout / folder).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        )


def _of_checkout(checkout: Path) -> Release:
    config = configparser.ConfigParser()
    config.read_string((checkout / "setup.cfg").read_text(encoding="utf-8"))
    version = config["metadata"]["version"]
    found = _SCHEMA.search((checkout / "kiosk/daemon/store/schema.py").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("its database's schema is not stated")
    digest = hashlib.sha256()
    for path in source_files(checkout):
        digest.update(f"{path.relative_to(checkout)}\0".encode() + path.read_bytes())
    return Release(f"{version}-{digest.hexdigest()[:10]}", version, int(found[1]))


def age_of(version: str) -> tuple[int, ...]:
    """What versions are compared by."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
