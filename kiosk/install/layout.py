"""Where an installation lies. `root` is `/`, or a folder that a test or an image builder fills."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of an installed Hadir."""

    root: Path = Path("/")

    @property
    def opt(self) -> Path:
        """The programs: one folder a version, `current` and `previous` point to two of them."""
        return self.root / "opt/hadir"

    @property
    def current(self) -> Path:
        """What the units start."""
        return self.opt / "current"

    @property
    def previous(self) -> Path:
        """What was current before."""
        return self.opt / "previous"

    @property
    def etc(self) -> Path:
        """Configuration."""
        return self.root / "etc/hadir"

    @property
    def state(self) -> Path:
        """The kiosk's ledger, keys, vault and evidence."""
        return self.root / "var/lib/hadir"

    @property
    def database(self) -> Path:
        """The ledger's file."""
        return self.state / "kiosk.db"

    @property
    def centre_state(self) -> Path:
        """The centre's settings, key and database."""
        return self.root / "var/lib/hadir-centre"

    @property
    def backups(self) -> Path:
        """Copies of the ledger made before a change of version."""
        return self.state / "before-update"

    @property
    def local(self) -> Path:
        """Units and their like: none of the distribution's own folders."""
        return self.root / "usr/local"

    @property
    def placed(self) -> Path:
        """The list of files that were put outside `opt`."""
        return self.opt / "placed.json"

    @property
    def live(self) -> bool:
        """Whether this is the running machine, with a systemd to talk to."""
        return self.root == Path("/") and Path("/run/systemd/system").is_dir()

    def version(self, name: str) -> Path:
        """The folder of the version `name`."""
        return self.opt / "versions" / name

    def name_of(self, link: Path) -> str | None:
        """The version `current` or `previous` stands for."""
        return link.readlink().name if link.is_symlink() else None
