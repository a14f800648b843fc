"""What comes down: rosters, commands, decisions; and what comes up beside the punches: replies and photos."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core import api, desk
from kiosk.demo.folder import DEVICE
from sync import commands as c
from sync import documents
from sync.centre.keys import CentreKey, load_key
from sync.centre.outgoing import signed_letter
from sync.topics import DeviceName
from tests.e2e.rig import PEOPLE, Rig, rig, until

AHMAD, DEWI, AYU = (number for number, _ in PEOPLE)
SITE = "sdn-contoh-1"
JPEG = b"\xff\xd8" + b"a picture" * 9_000 + b"\xff\xd9"
POLICY = """\
version = "pusat-7"
duplicate_window_s = 0
[[session]]
name = "pagi"
kind = "in"
opens = 00:00:00
due = 00:00:01
closes = 23:59:59
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("down") / "kiosk") as made:
        made.start("broker", "centre", "reader", "kioskd")
        made.wait_reader()
        made.enrol(AHMAD, PEOPLE[0][1])
        until(lambda: made.status()["link"]["backlog"] == 0)
        put(made, people_csv(made, (AHMAD, PEOPLE[0][1]), (DEWI, PEOPLE[1][1])))
        yield made


def people_csv(kiosk: Rig, *rows: tuple[str, str]) -> str:
    path = kiosk.root / "people.csv"
    path.write_text("nip,nama,unit\n" + "".join(f'{n},"{name}",SD 1\n' for n, name in rows), encoding="utf-8")
    return str(path)


def put(kiosk: Rig, *args: str) -> str:
    """A new roster, once it is in force at the kiosk."""
    said = kiosk.centre("roster", "put", SITE, *args)
    version = int(said.stdout.split("roster ")[1].split(",")[0])
    until(lambda: applied(kiosk) == version)
    return said.stderr


def applied(kiosk: Rig) -> int:
    rosters = kiosk.records("roster")
    return rosters[-1]["data"]["version"] if rosters else 0


def command(kiosk: Rig, name: str, *values: str) -> Any:
    """The kiosk's record of what became of a command."""
    before = len(over(kiosk))
    kiosk.centre("command", DEVICE, name, *values)
    return until(lambda: over(kiosk)[before:])[0]


def over(kiosk: Rig) -> list[Any]:
    return [r["data"] for r in kiosk.records("command") if r["data"]["outcome"] != "taken"]


def my_record(kiosk: Rig, number: str) -> Any:
    """The own record of whoever's finger comes next."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(kiosk.ask, desk.GetMyRecord())
        until(lambda: kiosk.view_part("flow", "name") == "my_record")
        kiosk.touch(number)
        return asked.result(60)


def person(kiosk: Rig, number: str) -> Any:
    found = [p for p in kiosk.ask(api.GetPeople())["people"] if p["number"] == number]
    return found[0] if found else None


def test_a_roster_changes_people_absences_and_rules_at_once(kiosk: Rig) -> None:
    rules = kiosk.root / "kebijakan.toml"
    rules.write_text(POLICY, encoding="utf-8")
    away = kiosk.root / "izin.csv"
    away.write_text(f"nip,jenis,mulai,sampai,no surat\n{DEWI},dinas luar,2020-01-01,2022-12-31,ST/7\n")
    people = people_csv(
        kiosk, (AHMAD, "Ahmad F. Nasution"), (DEWI, PEOPLE[1][1]), ("198513012010011001", "Salah")
    )
    refused = put(kiosk, people, str(away), str(rules))
    assert "people.csv:4" in refused  # the bad row is named, the others count
    assert person(kiosk, AHMAD)["name"] == "Ahmad F. Nasution"  # entered here, now the centre's
    assert [a["letter"] for a in kiosk.ask(desk.GetAbsences(number=DEWI))["rows"]] == ["ST/7"]
    card = kiosk.tap(AHMAD)
    assert (card["kind"], card["code"]) == ("taken", "late")
    versions = kiosk.records("punch")[-1]["data"]["versions"]
    assert (versions["policy"], versions["roster"]) == ("pusat-7", str(applied(kiosk)))
    row = api.PersonRow(1, AHMAD, "Orang Lain")
    errors = kiosk.ask(api.PutPeople(rows=(row,)))["errors"]
    assert [e["part"] for e in errors] == ["source"]  # not edited by mistake

    put(kiosk, people_csv(kiosk, (DEWI, PEOPLE[1][1])))
    assert person(kiosk, AHMAD)["active"] is False  # off the list: not active, not deleted
    put(kiosk, people_csv(kiosk, (AHMAD, PEOPLE[0][1]), (DEWI, PEOPLE[1][1])))
    assert person(kiosk, AHMAD)["active"] is True


def test_a_bad_policy_never_leaves_the_centre(kiosk: Rig, tmp_path: Path) -> None:
    bad = tmp_path / "policy.toml"
    bad.write_text(POLICY.replace("23:59:59", "00:00:00"), encoding="utf-8")
    with pytest.raises(AssertionError, match="nothing was changed"):
        kiosk.centre("roster", "put", SITE, str(bad))


def test_commands_are_carried_out_once_and_answered(kiosk: Rig) -> None:
    assert command(kiosk, "presence", "window_s=5")["outcome"] == "done"
    assert [r["data"]["by"] for r in kiosk.records("presence_called")] == ["centre"]
    command(kiosk, "show_message", "text=Rapat pukul 10", "minutes=5")
    assert kiosk.view_part("message", "text") == "Rapat pukul 10"
    before = len(over(kiosk))
    said = kiosk.centre("command", DEVICE, "unlock_admin", f"number={DEWI}").stdout
    assert len(said.split("PIN of ")[1].split(": ")[1].split()[0]) == 8
    until(lambda: len(over(kiosk)) > before)
    assert [r["data"]["person_id"] for r in kiosk.records("pin")] == [person(kiosk, DEWI)["person_id"]]
    failed = command(kiosk, "unlock_admin", "number=198501012010011099")
    assert failed["outcome"] == "failed"
    until(lambda: [(one["do"], one["state"]) for one in listed(kiosk)] == [
        ("presence", "done"), ("show_message", "done"), ("unlock_admin", "done"), ("unlock_admin", "failed")
    ])  # fmt: skip
    assert listed(kiosk)[-1]["words"] == failed["detail"]


def listed(kiosk: Rig) -> list[Any]:
    """What the centre knows of the commands, oldest first."""
    rows: list[Any] = json.loads(kiosk.centre("commands", DEVICE, "--json").stdout)
    return rows[::-1]


def test_a_decision_of_the_centre_counts_and_stands_in_the_own_record(kiosk: Rig) -> None:
    until(lambda: len(kiosk.records("presence_closed")) == len(kiosk.records("presence_called")))
    seq = kiosk.tap(AHMAD)["seq"]
    until(lambda: seq in [p["seq"] for p in kiosk.central_punches() if not p["provisional"]])
    kiosk.centre("decide", DEVICE, str(seq), "reject", "--note", "bukan jarinya")
    until(lambda: [r for r in kiosk.records("decision") if r["data"]["punch_seq"] == seq])
    mine = my_record(kiosk, AHMAD)
    assert [(p["ruling"], p["ruling_note"]) for p in mine["punches"] if p["seq"] == seq] == [
        ("reject", "bukan jarinya")
    ]


def test_a_photo_comes_up_after_its_punch_and_can_be_looked_at(kiosk: Rig, tmp_path: Path) -> None:
    photo, now = base64.b64encode(JPEG).decode(), time.strftime("%Y-%m-%d 00:01")
    done = kiosk.ask(desk.PunchPaper(number=AHMAD, local=now, reason="listrik padam", photo=photo))
    out = tmp_path / "photo.jpg"
    until(lambda: looked(kiosk, done["seq"], out))
    assert out.read_bytes() == JPEG
    looks = json.loads(kiosk.centre("looks", "--json").stdout)
    assert any(one["what"].startswith("photo") and one["seq"] == done["seq"] for one in looks)


@pytest.mark.slow
def test_doctor_and_a_support_bundle_come_up(kiosk: Rig, tmp_path: Path) -> None:
    command(kiosk, "doctor")
    doctor = json.loads(kiosk.centre("commands", DEVICE, "--json").stdout)[0]
    assert json.loads(kiosk.centre("answer", DEVICE, str(doctor["counter"])).stdout)
    counter = command(kiosk, "support_bundle")["counter"]
    out = tmp_path / "bundle.tar.gz"
    until(lambda: saved(kiosk, counter, out))
    assert out.read_bytes()[:2] == b"\x1f\x8b"


def test_what_is_forged_replayed_or_stale_is_refused_recorded_and_told(kiosk: Rig) -> None:
    """Each is published to the broker as the centre would; the signature alone makes the difference."""
    key, now_ms = load_key(kiosk.root / "centre" / "centre.key"), time.time_ns() // 1_000_000
    name = DeviceName(str(kiosk.status()["tenant"]), DEVICE)
    counter = command(kiosk, "show_message", "text=Rapat", "minutes=1")["counter"]
    put(kiosk, people_csv(kiosk, (AHMAD, PEOPLE[0][1]), (DEWI, PEOPLE[1][1])))  # the second at least
    restart = c.Restart(counter=counter + 1, expires_ms=now_ms + 600_000)
    expired = c.Restart(counter=counter + 2, expires_ms=now_ms - 1)
    old = documents.Roster(site=SITE, version=1, made_ms=0, content=documents.pack(documents.RosterContent()))
    other = msgspec.structs.replace(old, site="sd-lain", version=10_000)
    hollow = msgspec.structs.replace(old, version=10_000, content="bm8gemxpYg==")
    stranger = CentreKey(Ed25519PrivateKey.generate())
    unheard_of = body(restart).replace('"restart"', '"format_disk"')
    letters = {
        "signature": signed_letter(stranger, name, "command", "command", body(restart)),
        "foreign": signed_letter(key, DeviceName("dinas", "lain"), "command", "command", body(restart)),
        "too_large": signed_letter(key, name, "command", "command", body(restart) + " " * 9_000),
        "unknown_command": signed_letter(key, name, "command", "command", unheard_of),
        "expired": signed_letter(key, name, "command", "command", body(expired)),
        "replayed": signed_letter(key, name, "command", "command", body(counted(restart, counter))),
        "wrong_site": signed_letter(key, name, "roster", "roster", body(other)),
        "old_version": signed_letter(key, name, "roster", "roster", body(old)),
        "malformed": signed_letter(key, name, "roster", "roster", body(hollow)),
    }
    for letter in letters.values():
        publish(kiosk, name.down("command" if "command" in letter.topic else "roster"), letter.payload)
    reasons = {"signature", *letters} - {
        "foreign"
    }  # signed, but for another device: no signature for this one
    causes = {f"sync_{reason}" for reason in reasons}
    until(lambda: not causes - {r["data"]["cause"] for r in kiosk.records("refusal")})
    assert over(kiosk)[-1]["do"] != "restart"
    said = {f"kiosk_{reason}" for reason in reasons}
    until(
        lambda: said <= {r["reason"] for r in json.loads(kiosk.centre("status", "--json").stdout)["refusals"]}
    )


def body(document: msgspec.Struct) -> str:
    return msgspec.json.encode(document).decode()


def counted(restart: c.Restart, counter: int) -> c.Restart:
    return msgspec.structs.replace(restart, counter=counter)


def publish(kiosk: Rig, topic: str, payload: bytes) -> None:
    to = ("-h", "127.0.0.1", "-p", str(kiosk.folder.port), "-q", "1", "-t", topic, "-s")
    subprocess.run(("mosquitto_pub", *to), input=payload, check=True)


def looked(kiosk: Rig, seq: int, out: Path) -> bool:
    try:
        kiosk.centre("photo", DEVICE, str(seq), "--out", str(out))
    except AssertionError:
        return False
    return True


def saved(kiosk: Rig, counter: int, out: Path) -> bool:
    try:
        kiosk.centre("answer", DEVICE, str(counter), "--out", str(out))
    except AssertionError:
        return False
    return True
