"""kioskctl against a real kioskd with an emulated R307, as a technician uses it; no broker, no centre."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ctl.conftest import Ran
from tests.ctl.serving import Line
from tests.e2e.rig import PEOPLE, Rig, rig, until

Ctl = Callable[..., Ran]
BUDI, NAME = "198501012010011001", "Budi Santoso"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("kiosk")) as made:
        made.start("reader", "kioskd")
        made.wait_reader()
        made.enrol(BUDI, NAME)
        yield made


@pytest.fixture(autouse=True)
def found(kiosk: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADIR_SOCKET", str(kiosk.folder.control))


def test_status_names_the_simulated_reader(ctl: Ctl) -> None:
    done = ctl("status")
    assert done.code == 0
    assert "reader ready, simulated" in done.out


def test_an_emulated_finger_becomes_a_stored_punch(ctl: Ctl) -> None:
    shown = ctl("emulate", "finger", BUDI)
    assert shown.code == 0
    assert "punch taken" in shown.out
    assert NAME in shown.out
    newest = ctl("punches", "--json", "--limit", 1, "--number", BUDI).document["punches"][0]
    assert (newest["name"], newest["delivery"]) == (NAME, "stored")
    assert NAME in ctl("punches", "--day", "today").out
    as_typed = f"{BUDI[:8]} {BUDI[8:14]} {BUDI[14:]} "
    assert ctl("punches", "--json", "--number", as_typed).document["punches"][0]["name"] == NAME


def test_punches_of_nobody_are_no_empty_list(ctl: Ctl) -> None:
    unknown = ctl("punches", "--json", "--number", "199002022015022999")
    assert (unknown.code, unknown.document["error"]["code"]) == (1, "not_found")
    mistyped = ctl("punches", "--json", "--number", BUDI + "1")
    assert (mistyped.code, mistyped.document["error"]["code"]) == (1, "bad_request")


def test_a_roster_with_bad_rows_goes_in_as_far_as_it_is_good(ctl: Ctl, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "NIP;Nama;Golongan;Unit Kerja\n"
        "199002022015022002;Siti Aminah;PNS;SMPN 1\n"
        "199013022015022002;Agus;PNS;SMPN 1\n"
        "1,99002E+17;Rini;PNS;SMPN 1\n"
        "H-77;Joko;jendral;SMPN 1\n"
    )
    done = ctl("people", "import", roster, "--json")
    assert done.code == 1
    assert done.document["added"] == 1
    assert [(e["line"], e["part"]) for e in done.document["errors"]] == [
        (3, "birth date"),
        (4, "spreadsheet"),
        (5, "category"),
    ]
    assert ctl("people", "import", roster, "--json").document["unchanged"] == 1
    assert "Siti Aminah" in ctl("people", "list", "siti").out


def test_a_deactivated_person_is_refused_until_activated(ctl: Ctl) -> None:
    assert ctl("people", "deactivate", BUDI).code == 0
    assert ctl("emulate", "finger", BUDI, "--json").document["card"]["code"] == "inactive"
    assert ctl("people", "activate", BUDI).code == 0
    assert ctl("emulate", "finger", BUDI, "--json").document["card"]["kind"] == "taken"


def test_enrolling_with_nobody_there_says_what_to_do(ctl: Ctl) -> None:
    done = ctl("enrol", "finger", BUDI, "--finger", "left-thumb", "--timeout", 2)
    assert done.code in (1, 4)
    assert done.err.splitlines()[0] == "Put the finger on the reader."
    assert "next: " in done.err
    assert ctl("enrol", "finger", "198501012010013001").err.startswith(
        "error: 198501012010013001: NIP digit 15"
    )


def test_a_reader_that_is_unplugged_shows_and_comes_back(ctl: Ctl) -> None:
    name = ctl("status", "--json").document["devices"][0]["name"]
    assert ctl("emulate", "unplug", name).code == 0
    until(lambda: "reader fault" in ctl("status").out)
    assert ctl("enrol", "finger", BUDI, "--finger", "left-thumb", "--timeout", 2).code == 4
    assert ctl("emulate", "replug", name).code == 0
    until(lambda: "reader ready" in ctl("status").out)


def test_the_ledger_is_read_and_rebuilt(ctl: Ctl) -> None:
    records = ctl("ledger", "tail", "-n", 500, "--json").document
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert records[0]["record"]["type"] == "genesis"
    assert "enrolment" in ctl("ledger", "tail", "-n", 500).out
    rebuilt = ctl("rebuild", "--json").document
    assert rebuilt["differences"] == 0
    assert rebuilt["records"] >= len(records)


def test_a_finger_once_removed_is_unknown(ctl: Ctl) -> None:
    assert ctl("fingers", "remove", BUDI, "right-index").code == 0
    assert ctl("emulate", "finger", BUDI, "--json").document["card"]["kind"] == "unknown"


def test_the_installed_command_finds_the_same_kiosk() -> None:
    program = Path(sys.executable).with_name("kioskctl")
    done = subprocess.run([program, "status"], capture_output=True, text=True, check=True, env=os.environ)
    assert "simulated" in done.stdout


def test_the_ledger_is_verified_and_exported_while_kioskd_runs(ctl: Ctl, tmp_path: Path) -> None:
    verified = ctl("ledger", "verify", "--json")
    assert (verified.code, verified.document["ok"]) == (0, True)
    export = tmp_path / "ledger.jsonl"
    assert ctl("ledger", "export", export, "--no-private", "--json").document["file"] == str(export)
    assert ctl("ledger", "verify", export).out.startswith(f"{export}: all is well")
    assert ctl("ledger", "verify", "--against", export).code == 0


def test_a_byte_changed_behind_its_back_is_named(ctl: Ctl, kiosk: Rig, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in kiosk.root.glob("kiosk.db*"):
        shutil.copy(file, copy)
    with sqlite3.connect(copy / "kiosk.db") as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("UPDATE ledger SET body = replace(CAST(body AS TEXT), 'genesis', 'genesiz') WHERE seq = 1")
    db.close()
    done = ctl("ledger", "verify", copy / "kiosk.db", "--json")
    assert done.code == 1
    assert done.document["first_bad"]["seq"] == 1


def test_a_file_that_is_no_ledger_is_a_bad_file(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("nothing")
    done = ctl("ledger", "verify", tmp_path / "note.txt", "--json")
    assert done.code == 1
    assert done.document["error"]["code"] == "bad_file"
    assert "kiosk.db" in done.document["error"]["hint"]
    folder = ctl("ledger", "verify", tmp_path, "--json")
    assert (folder.code, folder.document["error"]["code"]) == (1, "bad_file")
    assert "a folder; name the kiosk.db" in folder.document["error"]["message"]


def test_a_screen_that_connects_is_shown_the_state_at_once(kiosk: Rig) -> None:
    with Line(kiosk.root / "ui.sock") as line:
        line.ask(1, "watch")
        assert line.read()["event"]["site"]["zone"] == "WIB"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_settings_that_can_count_at_once_and_the_rest_is_named(ctl: Ctl, kiosk: Rig) -> None:
    policy, connected = kiosk.root / "policy.toml", socket.create_server(("127.0.0.1", 0))
    change(policy, '"test-1"', '"test-2"')
    change(kiosk.config, f"port = {kiosk.folder.port}", f"port = {connected.getsockname()[1]}")
    change(kiosk.config, 'name = "', 'name = "New ')
    done = ctl("config", "reload", "--json").document
    assert done == {"applied": ["sync.port", "policy"], "waiting": ["site.name"]}
    with connected:
        connected.settimeout(30)
        connected.accept()[0].close()
    number, name = PEOPLE[1]
    kiosk.enrol(number, name)
    assert kiosk.tap(number)["kind"] == "taken"
    assert kiosk.records("punch")[-1]["data"]["versions"]["policy"] == "test-2" == kiosk.status()["policy"]
    assert kiosk.records("admin")[-1]["data"]["detail"] == "sync.port, policy"
    assert "nothing new\nwaits for a restart: site.name" in ctl("config", "reload").out


def test_files_with_faults_change_nothing(ctl: Ctl, kiosk: Rig) -> None:
    change(kiosk.root / "policy.toml", 'kind = "in"', 'kind = "inn"')
    refused = ctl("config", "reload")
    assert refused.code == 1
    assert "did you mean 'in'?" in refused.err
    change(kiosk.root / "policy.toml", 'kind = "inn"', 'kind = "in"')
    change(kiosk.config, "[sync]", "[sinc]")
    assert "sinc" in ctl("config", "reload").err
    change(kiosk.config, "[sinc]", "[sync]")


def test_a_hangup_has_the_files_read_again(kiosk: Rig) -> None:
    change(kiosk.root / "policy.toml", 'version = "', 'version = "hup-')
    kiosk.running("kioskd").send_signal(signal.SIGHUP)
    until(lambda: kiosk.status()["policy"].startswith("hup-"))
