"""Every way to punch beside the finger, presence checks, privacy and recap, played through a real kioskd.

One kiosk for all of them: each counts from what it finds, and puts back what another would stumble over.
"""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.core import api, courier, desk
from kiosk.core.sign import signature_holds
from kiosk.demo.client import DemoError
from kiosk.demo.client import ask as ask_at
from tests.e2e.rig import PEOPLE, Rig, rig, until

AHMAD, DEWI, AYU = (number for number, _ in PEOPLE)
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20 + b"\xff\xd9").decode()
PIN, ERASED_PIN = "480216", "593817"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("desk") / "rig") as made:
        made.start("reader", "kioskd")
        made.wait_reader()
        for number, name in PEOPLE:
            made.enrol(number, name)
        yield made


def newcomer(kiosk: Rig, number: str, name: str) -> tuple[str, str]:
    """Somebody whom no other test knows, with a finger."""
    kiosk.enrol(number, name)
    return number, name


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Begin `work`; the returned function waits for its result."""
    box: list[Any] = []

    def run() -> None:
        try:
            box.append(work())
        except DemoError as error:
            box.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> Any:
        thread.join(40)
        return box[0]

    return wait


def flow(kiosk: Rig) -> str:
    """What the kiosk waits for now."""
    return str(kiosk.view_part("flow", "step"))


def today(kiosk: Rig) -> str:
    return str(kiosk.status()["local_time"][:10])


def refused(kiosk: Rig, command: api.Command) -> str:
    with pytest.raises(DemoError) as caught:
        kiosk.ask(command)
    return str(caught.value)


def test_pin_photo_and_a_witness_make_a_punch_of_grade_c(kiosk: Rig) -> None:
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    done = in_thread(lambda: kiosk.ask(desk.PunchPin(number=AHMAD, pin=PIN, photo=JPEG)))
    until(lambda: flow(kiosk) == "witness")
    kiosk.touch(AHMAD)  # nobody is their own witness
    kiosk.touch(DEWI)
    punched = done()
    assert (punched["grade"], punched["name"]) == ("C", PEOPLE[0][1])
    assert punched["witness"] == PEOPLE[1][1]
    (record,) = [r for r in kiosk.records("punch") if r["seq"] == punched["seq"]]
    assert record["data"]["witness"] != record["data"]["person_id"]
    assert kiosk.records("evidence")[-1]["data"]["punch_seq"] == punched["seq"]
    assert kiosk.ask(desk.GetPhoto(seq=punched["seq"]))["jpeg"] == JPEG
    assert PIN not in kiosk.log("kioskd")


def test_pins_cannot_be_guessed(kiosk: Rig) -> None:
    assert "easily" in refused(kiosk, desk.SetPin(number=AHMAD, pin="111111"))
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    words = [refused(kiosk, desk.PunchPin(number=AHMAD, pin="000001", wait_s=1)) for _ in range(4)]
    assert "wrong" in words[0]
    assert "wait" in words[3]
    assert "too many" in refused(kiosk, desk.PunchPin(number=AHMAD, pin=PIN, wait_s=1))
    assert any(r["data"]["cause"] == "wrong_pin" for r in kiosk.records("refusal"))


def test_a_special_punch_waits_for_a_validation_and_then_counts(kiosk: Rig) -> None:
    assert "letter" in refused(kiosk, desk.PunchSpecial(category="field_duty"))
    special = desk.PunchSpecial(category="field_duty", letter="800/12/2026", note="Rapat", photo=JPEG)
    done = in_thread(lambda: kiosk.ask(special))
    until(lambda: flow(kiosk) == "finger")
    kiosk.touch(DEWI)
    punched = done()
    assert punched["queued"]
    row = kiosk.ctl("queue", "list")["rows"][-1]
    assert (row["seq"], row["letter"], row["category"], row["evidence"]) == (
        punched["seq"], "800/12/2026", "field_duty", ["letter"],
    )  # fmt: skip
    (before,) = kiosk.ctl("recap", "--day", "--number", DEWI)["people"][0]["days"]
    assert before["provisional"]
    assert (
        "own" in kiosk.ctl("queue", "accept", str(punched["seq"]), "--by", DEWI, status=1)["error"]["message"]
    )
    kiosk.ctl("queue", "accept", str(punched["seq"]), "--by", AHMAD)
    assert punched["seq"] not in [row["seq"] for row in kiosk.ctl("queue", "list")["rows"]]
    assert kiosk.records("validation")[-1]["data"]["accept"]


def test_a_late_entry_from_paper_counts_at_its_own_time_once_accepted(kiosk: Rig) -> None:
    day = (datetime.fromisoformat(today(kiosk)) - timedelta(days=1)).date().isoformat()
    done = kiosk.ctl("queue", "add", AYU, f"{day} 07:10", "--reason", "listrik padam")
    kiosk.ctl("queue", "accept", str(done["seq"]), "--by", AHMAD)
    explained = kiosk.ctl("policy", "explain", AYU, day)
    assert explained["recap"]["days"][0]["time_in"] == "07:10:00"
    assert any("07:10:00" in line for line in explained["lines"])


def test_leave_shows_in_the_verdict_and_in_the_recap(kiosk: Rig) -> None:
    day = today(kiosk)
    absence = kiosk.ctl("absence", "add", AHMAD, "sick", day, "--letter", "SK-1")["message"]
    card = kiosk.tap(AHMAD)
    assert card["absence"] == "sick" or not card["trusted"]
    made = kiosk.ctl("recap", "--week", "--number", AHMAD)
    assert [d["status"] for d in made["people"][0]["days"] if d["day"] == day] == ["sick"]
    kiosk.ctl("absence", "drop", absence)
    made = kiosk.ctl("recap", "--week", "--number", AHMAD)
    assert [d["status"] for d in made["people"][0]["days"] if d["day"] == day] != ["sick"]


def test_a_presence_check_names_who_confirmed_who_is_excused_and_the_rest(kiosk: Rig) -> None:
    everybody = {p["name"] for p in kiosk.ask(api.GetPeople())["people"] if p["active"]}
    absence = kiosk.ctl("absence", "add", AYU, "field_duty", today(kiosk))["message"]
    kiosk.ctl("presence", "call", "--window", "5")
    assert kiosk.tap(AHMAD)["kind"] == "taken"
    assert kiosk.ctl("presence", "list")["checks"][-1]["open"]
    until(lambda: kiosk.records("presence_closed"))
    check = kiosk.ctl("presence", "list")["checks"][-1]
    assert check["confirmed"] == [PEOPLE[0][1]]
    assert set(check["rest"]) == everybody - {PEOPLE[0][1], PEOPLE[2][1]}
    assert check["excused"] == [f"{PEOPLE[2][1]} (field_duty)"]
    kiosk.ctl("absence", "drop", absence)


def test_nobody_is_enrolled_without_consent_and_withdrawal_deletes_the_finger(kiosk: Rig) -> None:
    number, name = "G-2026-07", "Citra Ningrum"
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, number, name),)))
    assert "consent" in refused(kiosk, api.EnrolFinger(number=number))
    assert "2026" in kiosk.ctl("consent", "show")["text"]
    before = set((kiosk.root / "vault").iterdir())
    kiosk.enrol(number, name)
    assert kiosk.records("consent")[-1]["seq"] < kiosk.records("enrolment")[-1]["seq"]
    assert set((kiosk.root / "vault").iterdir()) > before
    kiosk.ctl("consent", "withdraw", number)
    assert kiosk.tap(number)["kind"] == "unknown"
    assert set((kiosk.root / "vault").iterdir()) == before


def test_erasure_leaves_no_byte_and_gives_a_certificate(kiosk: Rig) -> None:
    number, name = newcomer(kiosk, "198703032011012007", "Endang Sulistyowati, M.Pd.")
    kiosk.ask(desk.SetPin(number=number, pin=ERASED_PIN))
    kiosk.ctl("absence", "add", number, "sick", today(kiosk), "--note", "demam berdarah")
    photos = set((kiosk.root / "evidence").rglob("*"))
    done = in_thread(lambda: kiosk.ask(desk.PunchPin(number=number, pin=ERASED_PIN, photo=JPEG)))
    until(lambda: flow(kiosk) == "witness")
    kiosk.touch(DEWI)
    done()
    data = kiosk.ctl("privacy", "export", number)
    assert "demam berdarah" in json.dumps(data)
    vault_before = {p.name for p in (kiosk.root / "vault").iterdir()}
    certificate = kiosk.ctl("privacy", "erase", number, "--reason", "permintaan sendiri", "--yes")
    assert signature_holds(certificate["key"], certificate["statement"].encode(), certificate["signature"])
    assert (certificate["templates"], certificate["photos"], certificate["pending"]) == (1, 1, [])
    assert "last backup expires" in certificate["statement"]
    kiosk.stop("kioskd")
    for path in kiosk.root.glob("kiosk.db*"):
        content = path.read_bytes()
        for secret in (number, name, "demam berdarah", ERASED_PIN):
            assert secret.encode() not in content, (path.name, secret)
    assert len(vault_before - {p.name for p in (kiosk.root / "vault").iterdir()}) == 2
    assert {p for p in (kiosk.root / "evidence").rglob("*") if p.is_file()} <= photos
    assert kiosk.ctl("ledger", "verify", str(kiosk.root / "kiosk.db"))["ok"]
    kiosk.start("kioskd")
    kiosk.wait_reader()
    assert kiosk.tap(number)["kind"] == "unknown"
    assert kiosk.tap(DEWI)["kind"] == "taken"


def test_the_screen_is_raised_by_pin_and_finger_and_every_look_is_on_record(kiosk: Rig) -> None:
    screen = kiosk.root / "ui.sock"
    with pytest.raises(DemoError, match="operator"):
        ask_at(screen, desk.GetQueue())
    kiosk.ctl("people", "role", AHMAD, "operator")
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    done = in_thread(lambda: ask_at(screen, desk.Raise(number=AHMAD, pin=PIN)))
    until(lambda: flow(kiosk) == "finger")
    kiosk.touch(AHMAD)
    assert done() == {"message": PEOPLE[0][1]}
    assert "rows" in ask_at(screen, desk.GetQueue())
    looked = kiosk.records("access")[-1]["data"]
    assert (looked["what"], looked["actor"]) == ("queue", kiosk.records("admin")[-1]["data"]["actor"])
    with pytest.raises(DemoError, match="socket"):
        ask_at(screen, desk.Erase(number=DEWI, reason="coba"))
    ask_at(screen, desk.Lower())
    with pytest.raises(DemoError, match="operator"):
        ask_at(screen, desk.GetQueue())


def test_ones_own_record_has_a_signed_receipt_and_the_same_figures_as_the_recap(kiosk: Rig) -> None:
    kiosk.tap(DEWI)
    count = kiosk.ask(api.GetPunches(number=DEWI))["total"]
    done = in_thread(lambda: ask_at(kiosk.root / "ui.sock", desk.GetMyRecord(days=31)))
    until(lambda: flow(kiosk) == "finger")
    kiosk.touch(DEWI)
    mine = done()
    assert (mine["name"], len(mine["punches"])) == (PEOPLE[1][1], count)
    words, _, signature = mine["receipt"].rpartition("|")
    key = kiosk.records("genesis")[0]["data"]["sign_key"]
    assert signature_holds(key, f"hadir-receipt-v1\n{words}\n".encode(), signature)
    explained = kiosk.ctl("policy", "explain", DEWI, today(kiosk))
    assert explained["recap"]["days"][0] == mine["recap"]["days"][-1]


def test_the_recap_goes_into_files(kiosk: Rig, tmp_path: Path) -> None:
    kiosk.tap(DEWI)
    files = [tmp_path / f"rekap.{ending}" for ending in ("xlsx", "pdf", "csv")]
    command = [word for file in files for word in (f"--{file.suffix[1:]}", str(file))]
    made = kiosk.ctl("recap", "--month", "--signer", "Kepala Sekolah|Siti|1978", *command)
    names = [p["name"] for p in made["people"]]
    assert names == sorted(names)
    assert set(names) >= {name for _, name in PEOPLE}
    assert files[0].read_bytes().startswith(b"PK")
    assert files[1].read_bytes().startswith(b"%PDF")
    rows = files[2].read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + sum(len(person["days"]) for person in made["people"])


def test_a_bad_policy_leaves_the_last_good_one_in_force(kiosk: Rig) -> None:
    policy = kiosk.root / "policy.toml"
    good = policy.read_text(encoding="utf-8")
    kiosk.stop("kioskd")
    policy.write_text('version = "test-2"\nmode = "lenent"\n', encoding="utf-8")
    kiosk.start("kioskd")
    assert kiosk.status()["policy"] == "test-1"
    assert any("line 2" in problem for problem in kiosk.status()["problems"])
    assert "stays in force" in kiosk.log("kioskd")
    policy.write_text(f'{good}\n[exempt]\npeople = ["{DEWI}", "G-404"]\n', encoding="utf-8")
    (fault,) = kiosk.ctl("policy", "check", str(policy), status=1)["faults"]
    assert "G-404" in fault["message"]
    kiosk.ctl("config", "reload")
    assert any("G-404" in problem for problem in kiosk.status()["problems"])
    policy.write_text(good, encoding="utf-8")
    kiosk.ctl("config", "reload")
    kiosk.wait_reader()


def test_the_recap_and_ones_own_data_go_onto_a_prepared_stick(kiosk: Rig) -> None:
    stick = kiosk.root / "stick"
    (stick / "hadir").mkdir(parents=True, exist_ok=True)
    recap = desk.CarryRecap(period="week", day=today(kiosk), wait_s=30)
    until(lambda: kiosk.view()["stick"], every_s=0.01)  # the kiosk looks at it while the recap is asked for
    assert "unprepared" in refused(kiosk, recap)
    kiosk.ask(courier.CourierPair())
    paths = kiosk.ask(recap)["paths"]
    assert [path.rpartition(".")[2] for path in paths] == ["xlsx", "pdf", "csv"]
    assert (stick / paths[0]).read_bytes().startswith(b"PK")
    assert (stick / paths[1]).read_bytes().startswith(b"%PDF")
    assert any(DEWI in row for row in (stick / paths[2]).read_text(encoding="utf-8-sig").splitlines())
    until(lambda: kiosk.view()["stick"]["state"] == "done")
    own = kiosk.ask(desk.CarryOwnData(number=DEWI, wait_s=30))["paths"]
    assert json.loads((stick / own[1]).read_bytes())["number"] == DEWI
    shutil.rmtree(stick)
    assert "no stick" in refused(kiosk, desk.CarryRecap(period="week", day=today(kiosk), wait_s=1))
