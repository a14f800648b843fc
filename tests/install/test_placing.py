"""Files outside the version's own folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk.install.changing import remove
from kiosk.install.layout import Layout
from kiosk.install.placing import first_settings, place, placed
from kiosk.install.release import SYSTEM
from kiosk.install.staging import BROUGHT, SHELLS
from tests.house.tracked import ROOT
from tests.install.units import UNITS

BOOKWORM, TRIXIE = 252, 257
MANUAL = ROOT / "docs/man/kioskctl.1"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    for folder in SYSTEM:
        shutil.copytree(ROOT / folder, made.version("a") / BROUGHT / folder)
    for shell, name in SHELLS.items():
        script = made.version("a") / BROUGHT / "completion" / shell / name
        script.parent.mkdir(parents=True)
        script.touch()
    return made


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_every_unit_is_placed_and_again_is_the_same(layout: Layout) -> None:
    place(layout, layout.version("a"), BOOKWORM)
    before = tree(layout.local)
    place(layout, layout.version("a"), BOOKWORM)
    assert tree(layout.local) == before
    assert {Path(name).name for name in placed(layout)} >= {unit.name for unit in UNITS}
    assert (layout.local / "bin/kioskctl").readlink() == layout.current / "bin/kioskctl"
    assert (layout.local / "share/man/man1/kioskctl.1").read_bytes() == MANUAL.read_bytes()
    for name in ("bash-completion/completions/kioskctl", "zsh/site-functions/_kioskctl"):
        assert (layout.local / "share" / name).exists()


def test_restarts_back_off_where_systemd_can(layout: Layout) -> None:
    place(layout, layout.version("a"), BOOKWORM)
    assert not list(layout.local.rglob("backoff.conf"))
    place(layout, layout.version("a"), TRIXIE)
    assert "kioskd.service.d" in {path.parent.name for path in layout.local.rglob("backoff.conf")}


def test_a_file_that_the_next_version_lacks_is_taken_away(layout: Layout) -> None:
    shutil.copytree(layout.version("a"), layout.version("b"))
    place(layout, layout.version("a"), BOOKWORM)
    (layout.version("b") / BROUGHT / "systemd/kiosk-ui.service").unlink()
    place(layout, layout.version("b"), BOOKWORM)
    assert not (layout.local / "lib/systemd/system/kiosk-ui.service").exists()
    assert (layout.local / "lib/systemd/system/kioskd.service").exists()


def test_settings_are_written_once(layout: Layout) -> None:
    first_settings(layout, layout.version("a"))
    (layout.etc / "kiosk.toml").write_text("# mine\n")
    first_settings(layout, layout.version("a"))
    assert (layout.etc / "kiosk.toml").read_text() == "# mine\n"
    assert (layout.etc / "policy.toml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("purge", [False, True])
def test_removal_leaves_nothing_but_the_data(layout: Layout, purge: bool) -> None:
    place(layout, layout.version("a"), TRIXIE)
    first_settings(layout, layout.version("a"))
    layout.state.mkdir(parents=True)
    (layout.state / "kiosk.db").write_text("ledger")
    remove(layout, purge=purge)
    left = {name.split("/")[0] for name in tree(layout.root)}
    assert left == (set() if purge else {"etc", "var"})
    assert not list(layout.local.rglob("*.service.d"))
