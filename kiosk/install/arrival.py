"""An update that has arrived as one file: nothing of it is run before its signature is checked."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.manifest import MANIFEST, SIGNATURE, check_signature, read_manifest, sha256, trusted_keys
from kiosk.install.release import Release, age_of, read_release

KEY_FILE = "update.pub"
MAX_LIST_BYTES = 4_000_000
MAX_BUNDLE_BYTES = 2_000_000_000


@contextmanager
def unpacked(layout: Layout, file: Path) -> Iterator[Path]:
    """The folder of the update in `file`, checked whole; gone afterwards. Raises `InstallError`."""
    folder = layout.opt / "incoming"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with tarfile.open(file) as tar:
            listed = _signed_list(tar, layout)
        with tarfile.open(file) as tar:
            _extract(tar, folder, listed)
        for name, digest in listed.items():
            if not (folder / name).is_file() or sha256(folder / name) != digest:
                raise InstallError(f"{name} in the update is missing or damaged", "copy the update again")
        yield folder
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InstallError(f"{file} cannot be read as an update: {error}", "copy the update again") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_age(layout: Layout, release: Release, *, older_too: bool) -> None:
    """Raises `InstallError` when `release` is older than what runs and that was not asked for."""
    name = layout.name_of(layout.current)
    if name is None or older_too:
        return
    here = read_release(layout.version(name) / "share/hadir").version
    if age_of(release.version) < age_of(here):
        raise InstallError(f"{release.version} is older than {here}, which runs", "if you mean it: --older")


def _signed_list(tar: tarfile.TarFile, layout: Layout) -> dict[str, str]:
    """The list of files, from the first two members: whatever comes later cannot change it."""
    found: dict[str, bytes] = {}
    for member in tar:
        name = _inner(member.name)
        if name in (MANIFEST, SIGNATURE) and member.isreg() and member.size <= MAX_LIST_BYTES:
            content = tar.extractfile(member)
            found[name] = content.read() if content else b""
        elif member.isreg():
            break
    keys = trusted_keys(layout.etc / KEY_FILE)
    check_signature(found.get(MANIFEST, b""), found.get(SIGNATURE, b""), keys)
    return read_manifest(found[MANIFEST])


def _extract(tar: tarfile.TarFile, folder: Path, listed: dict[str, str]) -> None:
    room = MAX_BUNDLE_BYTES
    for member in tar:
        name = _inner(member.name)
        if not member.isreg() or name not in listed:
            continue
        room -= member.size
        content = tar.extractfile(member)
        if room < 0 or content is None:
            raise InstallError("the update is larger than any of ours", "nothing was changed")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, 1 << 20)


def _inner(name: str) -> str:
    """The path inside the bundle's one folder."""
    return str(PurePosixPath(*PurePosixPath(name).parts[1:]))
