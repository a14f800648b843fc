"""Updates that are not what they say they are."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.install.arrival import KEY_FILE, check_age, unpacked
from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.manifest import MANIFEST, SIGNATURE, make_key, read_manifest, write_manifest
from kiosk.install.placing import point
from kiosk.install.release import Release

Change = Callable[[dict[str, bytes]], None]
FILES = {"release.json": b"{}", "wheels/hadir-1.whl": b"code" * 1000, "systemd/kioskd.service": b"[Unit]\n"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    key = tmp_path / "update.key"
    public = make_key(key)
    made = Layout(tmp_path / "root")
    made.etc.mkdir(parents=True)
    (made.etc / KEY_FILE).write_text("# the ministry's key\n" + public.read_text())
    return made


def update(layout: Layout, change: Change = lambda files: None, key: str = "update.key") -> Path:
    """A signed update whose files `change` has altered after the signing."""
    folder = layout.root.parent / "made"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_manifest(folder, layout.root.parent / key if key else None)
    inside = {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    change(inside)
    first = [name for name in (MANIFEST, SIGNATURE) if name in inside]
    file = layout.root.parent / "update.tar"
    with tarfile.open(file, "w") as tar:
        for name in dict.fromkeys([*first, *inside]):
            member = tarfile.TarInfo(f"hadir-1/{name}")
            member.size = len(inside[name])
            tar.addfile(member, io.BytesIO(inside[name]))
    return file


def test_a_signed_update_is_unpacked_and_gone_afterwards(layout: Layout) -> None:
    with unpacked(layout, update(layout)) as folder:
        assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert not (layout.opt / "incoming").exists()


def _changed(files: dict[str, bytes]) -> None:
    files["wheels/hadir-1.whl"] = b"evil" * 1000


def _missing(files: dict[str, bytes]) -> None:
    del files["systemd/kioskd.service"]


def _relisted(files: dict[str, bytes]) -> None:
    files[MANIFEST] = files[MANIFEST].replace(b"hadir-1.whl", b"hadir-2.whl")


def _unsigned(files: dict[str, bytes]) -> None:
    del files[SIGNATURE]


def _signature_of_nothing(files: dict[str, bytes]) -> None:
    files[SIGNATURE] = bytes(64)


@pytest.mark.parametrize("change", [_changed, _missing, _relisted, _unsigned, _signature_of_nothing])
def test_an_update_that_was_touched_is_refused(layout: Layout, change: Change) -> None:
    with (
        pytest.raises(InstallError, match=r"damaged|not signed"),
        unpacked(layout, update(layout, change)),
    ):
        pytest.fail("it was believed")
    assert not (layout.opt / "incoming").exists()


def test_what_is_not_listed_never_reaches_the_disk(layout: Layout) -> None:
    def smuggle(files: dict[str, bytes]) -> None:
        files["../../etc/passwd"] = b"root::0:0"
        files["wheels/extra.whl"] = b"evil"

    with unpacked(layout, update(layout, smuggle)) as folder:
        assert not (folder / "wheels/extra.whl").exists()
        assert not (layout.opt.parent.parent / "etc/passwd").exists()


def test_somebody_elses_key_is_not_enough(layout: Layout) -> None:
    make_key(layout.root.parent / "other.key")
    with pytest.raises(InstallError, match="not signed"), unpacked(layout, update(layout, key="other.key")):
        pytest.fail("it was believed")


def test_without_a_key_nothing_is_updated_and_it_says_where_the_key_goes(layout: Layout) -> None:
    (layout.etc / KEY_FILE).unlink()
    with pytest.raises(InstallError) as refused, unpacked(layout, update(layout)):
        pytest.fail("it was believed")
    assert str(layout.etc / KEY_FILE) in refused.value.hint


def test_a_file_that_is_no_update_says_so(layout: Layout) -> None:
    file = layout.root.parent / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff" * 100)
    with pytest.raises(InstallError, match="cannot be read as an update"), unpacked(layout, file):
        pytest.fail("it was believed")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "a\0b"])
def test_a_path_out_of_the_folder_is_no_path(name: str) -> None:
    with pytest.raises(InstallError):
        read_manifest(f"{'0' * 64}  {name}\n".encode())


def test_an_older_version_wants_to_be_asked_for(layout: Layout) -> None:
    running = layout.version("0.2.0-aa")
    (running / "share/hadir").mkdir(parents=True)
    Release("0.2.0-aa", "0.2.0", 1).describe(running / "share/hadir")
    point(layout.current, running)
    older, newer = Release("0.1.9-bb", "0.1.9", 1), Release("0.10.0-cc", "0.10.0", 1)
    with pytest.raises(InstallError, match="older"):
        check_age(layout, older, older_too=False)
    check_age(layout, older, older_too=True)
    check_age(layout, newer, older_too=False)
