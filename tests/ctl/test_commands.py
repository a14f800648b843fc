import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core import api
from kiosk.core import courier as sticks
from kiosk.ctl.people import CHUNK_ROWS
from kiosk.daemon.control import Refusal
from tests.ctl.conftest import Ran
from tests.ctl.samples import CARD, NIP, STATUS, person, punch
from tests.ctl.serving import Canned

Ctl = Callable[..., Ran]


def test_status_says_what_matters_and_what_to_do(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    done = ctl("status")
    assert done.code == 0
    for words in (
        "SMPN 1 Jember",
        "ready, up 3 h 12 min",
        "2026-03-02 07:05:12 WIB, trusted (NTP)",
        "online, 4 records waiting",
        "1 204 records, 1 200 accepted",
        "12 people, 1 finger enrolled",
        "reader ready, simulated",
        "terminal fault (timeout)",
        "! lobby: silent; check its power",
    ):
        assert words in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out


@pytest.mark.parametrize("arguments", [("--json", "status"), ("status", "--json")])
def test_json_may_stand_before_or_after_the_command(
    kioskd: Canned, ctl: Ctl, arguments: tuple[str, ...]
) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    done = ctl(*arguments)
    assert done.document["ledger"]["seq"] == 1_204
    assert done.err == ""


def test_punches_are_a_table_with_verdict_and_delivery(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetPunches] = api.Punches((punch(2, 720, delivery="stored"), punch(1)), 7)
    done = ctl("punches", "--limit", 2)
    lines = done.out.splitlines()
    assert lines[0].split() == ["time", "name", "number", "verdict", "delivery"]
    assert lines[1].split()[-4:] == ["late", "12", "min", "stored"]
    assert lines[2].endswith("on time      accepted")
    assert lines[3] == "7 punches in all; more with --limit"


def test_many_punches_come_in_pages(kioskd: Canned, ctl: Ctl) -> None:
    def page(command: object, _: object) -> api.Punches:
        assert isinstance(command, api.GetPunches)
        newest = (command.before_seq or 1_201) - 1
        rows = [punch(seq) for seq in range(newest, max(0, newest - command.limit), -1)]
        return api.Punches(tuple(rows), 1_200)

    kioskd.answers[api.GetPunches] = page
    document = ctl("punches", "--json", "--limit", 5_000).document
    assert [row["seq"] for row in document["punches"]] == list(range(1_200, 0, -1))
    assert document["total"] == 1_200


def test_punches_of_today_means_the_kiosks_day(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    kioskd.answers[api.GetPunches] = api.Punches((), 0)
    assert ctl("punches", "--day", "today", "--number", NIP).out == "no punches\n"
    assert kioskd.asked[-1] == api.GetPunches(limit=20, number=NIP, day="2026-03-02")
    assert ctl("punches", "--day", "tomorrow").code == 2


def test_people_are_listed_and_one_is_added(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetPeople] = api.People((person(), person("H-1", "Wati", active=False)), 2)
    lines = ctl("people", "list").out.splitlines()
    assert lines[1].startswith(f"{NIP}  Budi Santoso  PNS")
    assert "not active" in lines[2]
    kioskd.answers[api.PutPeople] = api.PutResult(1, 0, 0, ())
    assert ctl("people", "add", NIP, "Budi Santoso", "--unit", "SMPN 1").out == "Budi Santoso: added\n"
    assert kioskd.asked[-1] == api.PutPeople(rows=(api.PersonRow(1, NIP, "Budi Santoso", "", "SMPN 1"),))


def test_a_refused_person_says_the_part_and_whom_to_ask(kioskd: Canned, ctl: Ctl) -> None:
    error = api.RowError(1, "x", "sex", "NIP digit 15 is 3", "BKPSDM")
    kioskd.answers[api.PutPeople] = api.PutResult(0, 0, 0, (error,))
    done = ctl("people", "add", "x", "Budi")
    assert done.code == 1
    assert done.err == "error: x: NIP digit 15 is 3 (sex)\n  next: ask BKPSDM\n"


def test_deactivating_keeps_everything_else_of_the_person(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetPeople] = api.People((person(),), 1)
    kioskd.answers[api.PutPeople] = api.PutResult(0, 1, 0, ())
    assert ctl("people", "deactivate", NIP).code == 0
    (row,) = kioskd.asked[-1].rows  # type: ignore[attr-defined]
    assert row == api.PersonRow(1, NIP, "Budi Santoso", "PNS", "SMPN 1", active=False)
    assert ctl("people", "activate", "H-9").code == 1


def _csv(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["NIP", "Nama", "Unit Kerja"])
        writer.writerows([f"L-{number:05}", f"Orang {number}", "Sekolah"] for number in range(rows))
    return path


def test_a_large_roster_goes_in_portions_and_is_counted_together(
    kioskd: Canned, ctl: Ctl, tmp_path: Path
) -> None:
    def put(command: object, _: object) -> api.PutResult:
        assert isinstance(command, api.PutPeople)
        assert len(command.rows) <= CHUNK_ROWS
        return api.PutResult(len(command.rows), 0, 0, ())

    kioskd.answers[api.PutPeople] = put
    done = ctl("people", "import", _csv(tmp_path / "roster.csv", 13_000), "--json")
    assert done.code == 0
    assert done.document["added"] == 13_000
    assert len(kioskd.asked) == -(-13_000 // CHUNK_ROWS)
    sent = [row.number for command in kioskd.asked for row in command.rows]  # type: ignore[attr-defined]
    assert len(set(sent)) == 13_000


def test_bad_rows_of_both_ends_are_listed_by_line_and_the_exit_code_says_so(
    kioskd: Canned, ctl: Ctl, tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("nip,nama,jabatan\n1.98501E+17,Agus,Guru\nL-1,Budi,Guru\nL-2,Wati,Guru\n")
    refused = api.RowError(4, "L-2", "category", "'x' is not one of", "the unit's operator")
    kioskd.answers[api.PutPeople] = api.PutResult(1, 0, 0, (refused,))
    done = ctl("people", "import", roster)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("line 2: 1.98501E+17")
    assert lines[2].startswith("line 4: L-2")
    assert lines[-2:] == ["columns passed over: jabatan", "1 added, 0 changed, 0 unchanged, 2 refused"]


def test_a_dry_run_asks_nobody(ctl: Ctl, tmp_path: Path) -> None:
    done = ctl("people", "import", "--dry-run", _csv(tmp_path / "roster.csv", 3))
    assert (done.code, done.out) == (0, "3 rows good, 0 bad; nothing was imported\n")


def test_an_excel_file_is_told_apart(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "roster.xlsx").write_bytes(b"PK\x03\x04...")
    done = ctl("people", "import", tmp_path / "roster.xlsx")
    assert done.code == 1
    assert "next: in Excel: Save As" in done.err


def test_enrolment_says_each_step_in_words(kioskd: Canned, ctl: Ctl) -> None:
    def enrol(_: object, emit: Callable[[object], None]) -> api.Enrolled:
        for step in (api.EnrolStep("place"), api.EnrolStep("poor_image", "too_dry"), api.EnrolStep("again")):
            emit(step)
        return api.Enrolled("p1", "Budi Santoso", "right-index", 4, "t1", 77)

    kioskd.answers[api.EnrolFinger] = enrol
    done = ctl("enrol", "finger", NIP)
    assert done.err.splitlines() == [
        "Put the finger on the reader.",
        "Not read: the finger is too dry: breathe on it.",
        "Put the same finger on once more.",
    ]
    assert done.out == "Budi Santoso: right-index enrolled (slot 4, record 77)\n"
    assert ctl("enrol", "finger", NIP, "--json").document["slot"] == 4


def test_a_device_fault_has_an_exit_code_of_its_own(kioskd: Canned, ctl: Ctl) -> None:
    error = api.ApiError("device", "the sensor is silent", "check its power, then its cable")
    kioskd.answers[api.EnrolFinger] = Refusal(error)
    done = ctl("enrol", "finger", NIP)
    assert done.code == 4
    assert done.err.endswith("error: the sensor is silent\n  next: check its power, then its cable\n")
    assert ctl("enrol", "finger", NIP, "--json").document == {
        "error": {"code": "device", "message": error.message, "hint": error.hint}
    }


def test_a_finger_is_removed(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.RemoveFinger] = api.Done("right-index of Budi removed")
    assert ctl("fingers", "remove", NIP, "right-index").out == "right-index of Budi removed\n"


def test_rebuild_says_whether_anything_differed(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.Rebuild] = api.Rebuilt(5_000, 1, 1_200, 0)
    assert ctl("rebuild").out.splitlines() == [
        "5 000 records replayed: 1 person, 1 200 punches",
        "everything came out as it was",
    ]
    kioskd.answers[api.Rebuild] = api.Rebuilt(5, 1, 1, 2)
    assert "2 rows differed" in ctl("rebuild").out


def test_an_emulated_finger_shows_name_and_verdict(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.Emulate] = api.Emulated("finger", CARD)
    done = ctl("emulate", "finger", NIP)
    assert done.out.splitlines()[0] == "finger: punch taken, Budi Santoso, late 12 min"
    assert ctl("--json", "emulate", "finger", NIP).document["card"]["seq"] == 88
    kioskd.answers[api.Emulate] = api.Emulated("finger", None)
    assert ctl("emulate", "finger", NIP).code == 1


def test_an_emulated_device_is_unplugged_and_replugged(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.Emulate] = api.Emulated("finger")
    assert ctl("emulate", "unplug", "finger").out == "finger is unplugged\n"
    assert ctl("emulate", "replug", "finger").out == "finger is plugged in\n"
    assert [command.what for command in kioskd.asked] == ["unplug", "replug"]  # type: ignore[attr-defined]


def test_following_shows_each_new_punch_once(
    kioskd: Canned, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.ctl.punches.LOOK_S", 0.01)
    totals = iter([2, 2, 5, 5, 6, 7, 7, 7])

    def growing(command: object, _: object) -> api.Punches:
        assert isinstance(command, api.GetPunches)
        total = next(totals, None)
        if total is None:
            raise Refusal(api.ApiError("busy", "stopping"))
        rows = [punch(seq) for seq in range(total, max(0, total - command.limit), -1)]
        return api.Punches(tuple(rows), total)

    kioskd.answers[api.GetPunches] = growing
    done = ctl("punches", "--follow", "--json", "--limit", 2)
    assert [json.loads(line)["seq"] for line in done.out.splitlines()[:-1]] == [1, 2, 3, 4, 5, 6, 7]


def test_a_receipt_that_is_not_believed_is_no_success(kioskd: Canned, ctl: Ctl, tmp_path: Path) -> None:
    kioskd.answers[sticks.CourierImport] = sticks.CourierDone(stick="ab", note="hostile")
    done = ctl("courier", "import", tmp_path)
    assert (done.code, done.out) == (1, "the receipt on it was not believed: hostile\n")
    kioskd.answers[sticks.CourierImport] = sticks.CourierDone(stick="ab")
    done = ctl("courier", "import", tmp_path)
    assert (done.code, "no receipt" in done.out) == (0, True)


def test_a_reason_is_words(kioskd: Canned, ctl: Ctl) -> None:
    done = ctl("queue", "add", NIP, "2026-03-02 07:10", "--reason", "x")
    assert (done.code, "say it in words" in done.err) == (2, True)
