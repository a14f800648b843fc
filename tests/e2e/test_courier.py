"""A school without a network: a stick is plugged in, carried to the centre, plugged in again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kiosk.core import courier
from kiosk.daemon.verify_file import verify_file
from tests.e2e.rig import BIN, PEOPLE, Rig, until


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A kiosk that knows its centre's key and no broker."""
    made = Rig(tmp_path_factory.mktemp("courier") / "rig")
    settings = made.config.read_text(encoding="utf-8").replace('host = "127.0.0.1"\nport', "port", 1)
    made.config.write_text(settings, encoding="utf-8")
    made.start("reader", "kioskd")
    made.wait_reader()
    made.enrol(*PEOPLE[0])
    try:
        yield made
    finally:
        made.close()


def stick_of(rig: Rig) -> Path:
    return rig.root / "stick"


def plug(rig: Rig, stick: Path) -> None:
    """Put a stick into the kiosk and wait until it may be pulled out."""
    before = len(rig.ask(courier.GetCourier())["visits"])
    shutil.copytree(stick, rig.root / "coming")
    (rig.root / "coming").rename(stick_of(rig))
    until(lambda: len(rig.ask(courier.GetCourier())["visits"]) > before)
    until(lambda: rig.view_part("stick", "safe") and rig.view_part("stick", "state") == "done")


def pull(rig: Rig, stick: Path) -> None:
    """Take it out and wait until the kiosk has seen that."""
    shutil.rmtree(stick)
    stick_of(rig).rename(stick)
    until(lambda: not rig.ask(courier.GetCourier())["present"])


def test_a_stick_there_and_back(away: Rig, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    away.centre("courier", "prepare", str(stick), "--tenant", "demo")
    (stick / "letter.docx").write_bytes(b"somebody's")
    for _ in range(2):
        assert away.tap(PEOPLE[0][0])["kind"] == "taken"
    waiting = away.ctl("courier", "status")["records"]
    seal = away.ctl("seal")
    assert seal["last"] == waiting
    plug(away, stick)
    pull(away, stick)
    state = away.ask(courier.GetCourier())
    assert state["visits"][0]["records"] == waiting
    assert not state["visits"][0]["answered"]
    assert [file.read_text(encoding="ascii") for file in stick.rglob("seal.txt")] == [f"{seal['text']}\n"]

    assert "receipt written" in away.centre("courier", "import", str(stick)).stdout
    assert [punch["code"] for punch in away.central_punches()] == ["time_unknown"] * 2
    assert judged(away, seal["text"]) == ("anchored", 0)

    plug(away, stick)
    assert away.view_part("stick", "accepted") == waiting
    pull(away, stick)
    assert away.status()["ledger"]["accepted"] == waiting
    assert away.ask(courier.GetCourier())["visits"][-1]["answered"]
    if away.status()["clock"]["source"] != "ntp":
        assert away.status()["clock"]["source"] == "courier"
    visits = [record["data"] for record in away.records("stick")]
    assert [visit["what"] for visit in visits] == ["exported", "receipt", "exported"]
    assert (stick / "letter.docx").read_bytes() == b"somebody's"
    receipt = next(stick.rglob("receipt.txt"))
    key = away.status()["centre_key"]
    photographed = tmp_path / "seal.txt"
    photographed.write_text(seal["text"], encoding="utf-8")
    for kept in (receipt, photographed):
        verified = verify_file(away.root / "kiosk.db", [kept], centre_key=key)
        assert verified.ok
        assert verified.ledgers[0].anchored is not None
        assert verified.ledgers[0].anchored.last >= waiting


def test_a_stick_twice_from_one_kiosk_is_answered_twice_and_a_command_taken_once(
    away: Rig, tmp_path: Path
) -> None:
    """The older export is still there, as when power failed before it could be deleted."""
    stick = tmp_path / "stick"
    stick.mkdir()
    away.centre("courier", "prepare", str(stick), "--tenant", "demo")
    away.ask(courier.CourierExport(str(stick)))
    (manifest,) = stick.rglob("manifest.json")
    older = manifest.parent.rename(tmp_path / manifest.parent.name)
    assert away.tap(PEOPLE[0][0])["kind"] == "taken"
    away.ask(courier.CourierExport(str(stick)))
    waiting = away.ask(courier.GetCourier())["exported"]
    older.rename(manifest.parent)
    away.centre("command", "kiosk-demo", "show_message", "text=Rapat")
    assert away.centre("courier", "import", str(stick)).stdout.count("receipt written") == 2
    done = away.ask(courier.CourierExport(str(stick)))
    assert (done["accepted"], done["documents"], done["note"]) == (waiting, 1, "")
    assert [visit["answered"] for visit in away.ask(courier.GetCourier())["visits"][:3]] == [
        False,
        True,
        True,
    ]
    until(lambda: [one["data"]["outcome"] for one in away.records("command")] == ["taken", "done"])
    assert away.records("refusal") == []
    assert len(list(stick.rglob("manifest.json"))) == 1


def test_a_stick_of_nobody_is_refused_until_it_is_paired(away: Rig, tmp_path: Path) -> None:
    stick = tmp_path / "new"
    stick.mkdir()
    error = away.ctl("courier", "export", str(stick), status=4)["error"]
    assert "(unprepared)" in error["message"]
    assert list(stick.iterdir()) == []
    away.ctl("courier", "pair", str(stick))
    assert away.ctl("courier", "export", str(stick))["records"] > 0
    refused = [r["data"]["code"] for r in away.records("stick") if r["data"]["what"] == "refused"]
    assert refused == ["unprepared"]


def judged(rig: Rig, text: str) -> tuple[str, int]:
    done = subprocess.run(
        (str(BIN / "hadir-centre"), "--config", str(rig.centre_toml), "seal", "verify", "-", "--json"),
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout)["verdict"], done.returncode
