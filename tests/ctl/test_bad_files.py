"""What a real kioskd says about files it cannot use: everything, at once, and it touches nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

KIOSKD = Path(sys.executable).with_name("kioskd")


def start(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KIOSKD, "--config", directory / "kiosk.toml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "policy.toml").write_text('version = "x"\n')
    (tmp_path / "kiosk.toml").write_text(f'state_dir = "{tmp_path / "state"}"\npolicy_file = "policy.toml"\n')
    return tmp_path


def test_all_faults_of_the_configuration_come_at_once(files: Path) -> None:
    (files / "kiosk.toml").write_text('stat_dir = "x"\n[site]\nzone = "WBI"\n[clock]\nstep_ms = "2s"\n')
    done = start(files)
    assert done.returncode == 2
    assert "line 1: unknown key stat_dir; did you mean 'state_dir'?" in done.stderr
    assert "line 3: site.zone: 'WBI' is not one of WIB, WITA, WIT" in done.stderr
    assert "line 5: clock.step_ms: a whole number is wanted" in done.stderr
    assert not (files / "state").exists()


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("policy.toml", b'version = "x"\nmode = "lenentt"\n', "line 2: mode: 'lenentt' is not one of"),
        ("policy.toml", b'version = "\xff"\n', "line 1: not UTF-8 text"),
        ("kiosk.toml", b"\xff\xfes\0", "not UTF-8 text"),
    ],
)
def test_a_bad_file_is_named_with_its_line(files: Path, name: str, raw: bytes, why: str) -> None:
    (files / name).write_bytes(raw)
    done = start(files)
    assert done.returncode == 2
    assert f"{files / name}: " in done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_policy_is_named(files: Path) -> None:
    (files / "policy.toml").unlink()
    done = start(files)
    assert done.returncode == 2
    assert "policy.toml" in done.stderr


def test_a_group_that_does_not_exist_is_said_so(files: Path) -> None:
    with (files / "kiosk.toml").open("a") as file:
        file.write('[control]\nadmin_group = "nobody-knows"\n')
    done = start(files)
    assert done.returncode == 1
    assert "there is no group 'nobody-knows'" in done.stderr
