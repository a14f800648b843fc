"""`hadir-install`: what `make install`, a bundle, the `.deb` and `kioskctl update` run."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.install.arrival import KEY_FILE, check_age, unpacked
from kiosk.install.changing import change_to, remove, roll_back, say
from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.ledger_guard import check_schema
from kiosk.install.release import read_release
from kiosk.install.staging import check_fits, stage

COMPLAINT = 1


def main(argv: list[str] | None = None) -> int:
    """Exit 0 when done, 1 with what stopped it and what to do, 2 for wrong usage."""
    options = _parser().parse_args(argv)
    try:
        if options.do in (_bundle, _key):
            return int(options.do(options))
        if os.geteuid() != 0:
            raise InstallError("only root can install", "put sudo before it")
        with _alone():
            return int(options.do(options))
    except InstallError as error:
        sys.stderr.write(f"install: {error}\n  next: {error.hint}\n")
    except OSError as error:
        sys.stderr.write(f"install: {error}\n  next: is there room (df -h), and may it be written?\n")
    return COMPLAINT


def _install(options: argparse.Namespace) -> int:
    layout = Layout(options.root)
    release = read_release(options.source)
    wheels = options.wheels or _there(options.source / "wheels")
    check_fits(release)
    check_schema(layout, release)
    _keep_key(layout, options.source)
    if layout.name_of(layout.current) != release.name:
        say(f"version {release.name}: making its environment, a minute or more ...")
    stage(layout, options.source, release, wheels)
    change_to(layout, release)
    return 0


def _update(options: argparse.Namespace) -> int:
    layout = Layout(options.root)
    with unpacked(layout, options.file) as folder:
        release = read_release(folder)
        check_fits(release)
        check_age(layout, release, older_too=options.older)
        check_schema(layout, release)
        say(f"version {release.name}: signature and files are right; making its environment ...")
        stage(layout, folder, release, folder / "wheels")
    change_to(layout, release)
    return 0


def _roll_back(options: argparse.Namespace) -> int:
    roll_back(Layout(options.root))
    return 0


def _uninstall(options: argparse.Namespace) -> int:
    remove(Layout(options.root), purge=options.purge)
    return 0


def _bundle(options: argparse.Namespace) -> int:
    from kiosk.install.bundle import Wanted, make_bundle

    wanted = Wanted(options.arch, tuple(options.python.split(",")), options.key, options.pub, options.wheels)
    sys.stdout.write(f"{make_bundle(options.source, wanted, options.out)}\n")
    return 0


def _key(options: argparse.Namespace) -> int:
    from kiosk.install.manifest import make_key

    sys.stdout.write(f"{make_key(options.file)}: put a copy on each kiosk as /etc/hadir/{KEY_FILE}\n")
    return 0


def _keep_key(layout: Layout, source: Path) -> None:
    """The first installation decides whose updates are trusted."""
    layout.etc.mkdir(parents=True, exist_ok=True)
    if (source / KEY_FILE).exists() and not (layout.etc / KEY_FILE).exists():
        shutil.copyfile(source / KEY_FILE, layout.etc / KEY_FILE)


def _there(path: Path) -> Path | None:
    return path if path.is_dir() else None


@contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time."""
    with Path("/run/hadir-install.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InstallError("another installation is under way", "wait for it to end") from error
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hadir-install", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("/"), help="another system's root, for images")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    install = commands.add_parser("install", help="install or upgrade from a checkout or an unpacked bundle")
    install.add_argument("source", type=Path)
    install.add_argument("--wheels", type=Path, help="install from this folder, without a network")
    install.set_defaults(do=_install)

    update = commands.add_parser("update", help="change to the version in a signed bundle")
    update.add_argument("file", type=Path)
    update.add_argument("--older", action="store_true", help="also to an older version")
    update.set_defaults(do=_update)

    commands.add_parser("rollback", help="back to the version before").set_defaults(do=_roll_back)

    uninstall = commands.add_parser("uninstall", help="take Hadir off; settings and ledger stay")
    uninstall.add_argument("--purge", action="store_true", help="settings, ledger, keys and photos go too")
    uninstall.set_defaults(do=_uninstall)

    bundle = commands.add_parser("bundle", help="make a bundle from a checkout")
    bundle.add_argument("source", type=Path)
    bundle.add_argument("--arch", choices=("amd64", "arm64"), required=True)
    bundle.add_argument("--python", default="3.11,3.13", help="Debian 12 has 3.11, Debian 13 has 3.13")
    bundle.add_argument("--key", type=Path, help="sign with this key")
    bundle.add_argument("--pub", type=Path, help="a first installation trusts this key from then on")
    bundle.add_argument("--wheels", type=Path, help="take third parties from here, fetch nothing")
    bundle.add_argument("--out", type=Path, default=Path("dist"))
    bundle.set_defaults(do=_bundle)

    key = commands.add_parser("key", help="make a key to sign updates with")
    key.add_argument("file", type=Path)
    key.set_defaults(do=_key)
    return parser
