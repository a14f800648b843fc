"""Bad files and bad days: a clear word each, and nothing lost."""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.rig import BIN, PEOPLE, Rig, until


def run_kioskd(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (str(BIN / "kioskd"), "--config", str(config)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_fault_of_a_configuration_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text('state_dr = "x"\n[site]\nzone = "WIBB"\n[[reader]]\nport = 5\n', encoding="utf-8")
    done = run_kioskd(config)
    assert done.returncode == 2
    for words in ("line 1", "did you mean 'state_dir'", "line 3", "WIBB", "line 5", "name"):
        assert words in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kiosk.toml"]


def test_a_database_of_a_newer_version_is_refused_and_not_touched(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig()
    kiosk.start("kioskd")
    kiosk.stop("kioskd")
    database = kiosk.root / "kiosk.db"
    with sqlite3.connect(database) as db:
        db.execute("PRAGMA user_version = 9999")
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    done = run_kioskd(kiosk.config)
    assert done.returncode == 1
    assert "newer" in done.stderr
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before


def test_a_second_kioskd_on_the_same_folder_is_refused(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig()
    kiosk.start("kioskd")
    done = run_kioskd(kiosk.config)
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert kiosk.status()["ready"]


@pytest.mark.parametrize(
    "line", [b"not json\n", b'{"id":1}\n', b'{"id":1,"do":{"cmd":"nothing"}}\n', b"\xff\n"]
)
def test_a_malformed_line_on_the_socket_is_refused_counted_and_recorded(kiosk: Rig, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(kiosk.folder.control))
        client.sendall(line)
        assert b'"error"' in client.recv(65536)
    until(lambda: any(cause.startswith("socket_") for cause in kiosk.status()["refused"]))
    (refusal,) = until(lambda: kiosk.records("refusal"))
    assert refusal["data"]["cause"].startswith("socket_")
    assert kiosk.tap(PEOPLE[0][0])["kind"] == "taken"


def test_bad_rows_of_a_roster_are_named_and_the_good_ones_go_in(kiosk: Rig) -> None:
    path = kiosk.root / "people.csv"
    path.write_text(
        "NIP;Nama\n198513012010011001;Salah Tanggal\n198501012010013002;Salah Kelamin\n"
        "199001012015031007;Benar Sekali, S.Pd.\n",
        encoding="utf-8",
    )
    result = kiosk.ctl("people", "import", str(path), status=1)
    assert result["added"] == 1
    assert [(e["line"], e["part"]) for e in result["errors"]] == [(2, "birth date"), (3, "sex")]
    assert kiosk.ctl("people", "list")["total"] == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="a small filesystem is mounted as root")
def test_on_a_full_disk_punches_go_on_out_of_the_reserve(make_rig: Callable[..., Rig]) -> None:
    kiosk = on_small_disk(make_rig, reserve_mb=1)
    kiosk.fill_disk()
    assert [kiosk.tap(PEOPLE[0][0])["kind"] for _ in range(30)] == ["taken"] * 30
    assert kiosk.ctl("ledger", "verify")["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small filesystem is mounted as root")
def test_without_a_reserve_left_a_punch_is_refused_aloud_and_nothing_half_written(
    make_rig: Callable[..., Rig],
) -> None:
    kiosk = on_small_disk(make_rig, reserve_mb=0)
    assert kiosk.tap(PEOPLE[0][0])["kind"] == "taken"
    kiosk.fill_disk()
    assert [kiosk.tap(PEOPLE[0][0])["kind"] for _ in range(3)] == ["not_stored"] * 3
    kiosk.free_disk()
    assert kiosk.tap(PEOPLE[0][0])["kind"] == "taken"
    assert kiosk.ctl("ledger", "verify")["ok"]
    assert len(kiosk.punches()) == 2


def on_small_disk(make_rig: Callable[..., Rig], reserve_mb: int) -> Rig:
    kiosk = make_rig(disk_mb=24, reserve_mb=reserve_mb)
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    kiosk.enrol(*PEOPLE[0])
    return kiosk


def test_one_changed_byte_is_found_and_named(kiosk: Rig) -> None:
    seqs = [kiosk.tap(number)["seq"] for number, _ in PEOPLE]
    kiosk.stop("kioskd")
    database = kiosk.root / "kiosk.db"
    edit = f"UPDATE ledger SET body = replace(body, 'finger', 'Finger') WHERE seq = {seqs[1]}"
    assert subprocess.run(("sqlite3", str(database), edit), check=False).returncode != 0
    with sqlite3.connect(database) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
    subprocess.run(("sqlite3", str(database), edit), check=True)
    found = kiosk.ctl("ledger", "verify", str(database), status=1)
    assert not found["ok"]
    assert any(ledger["first_bad_seq"] == seqs[1] for ledger in found["ledgers"])
