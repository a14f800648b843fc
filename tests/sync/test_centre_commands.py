"""`hadir-centre` as an operator types it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from kiosk.core.zone import local
from sync.centre.main import main
from sync.centre.schema import VERSION
from sync.centre.store_sqlite import SqliteStore
from sync.hello import state_message
from tests.sync.book import Book
from tests.sync.desk import Desk


class Operator:
    """Runs commands in one centre's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def runs(self, *args: str) -> str:
        done = CliRunner().invoke(main, ["--config", str(self.root / "centre.toml"), *args])
        assert done.exit_code == 0, done.output
        return done.output

    def fails(self, *args: str) -> str:
        done = CliRunner().invoke(main, ["--config", str(self.root / "centre.toml"), *args])
        assert done.exit_code != 0
        return done.output

    def json(self, *args: str) -> Any:
        return json.loads(self.runs(*args, "--json"))


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path / "pusat")
    operator.runs("init", str(operator.root))
    return operator


@pytest.fixture
def desk(operator: Operator) -> Desk:
    (operator.root / "centre.key").unlink()
    return Desk(operator.root, auto_approve=False)


def test_init_makes_a_key_only_its_owner_reads_and_never_twice(operator: Operator) -> None:
    key = operator.root / "centre.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(operator.runs("key").strip()) == 64
    before = key.read_bytes()
    assert "is there already" in operator.fails("init", str(operator.root))
    assert key.read_bytes() == before


def test_init_says_what_the_kiosks_need(tmp_path: Path) -> None:
    said = Operator(tmp_path).runs("init", str(tmp_path / "x"))
    key = Operator(tmp_path / "x").runs("key").strip()
    assert f'centre_key = "{key}"' in said


def test_without_a_configuration_it_says_how_to_get_one(tmp_path: Path) -> None:
    assert "hadir-centre init" in Operator(tmp_path).fails("status")


def test_all_mistakes_in_the_configuration_at_once(operator: Operator) -> None:
    (operator.root / "centre.toml").write_text("databse = 'x'\n[broker]\nport = 'http'\n", encoding="utf-8")
    said = operator.fails("status")
    assert "did you mean 'database'?" in said
    assert "line 3" in said


def test_a_device_is_approved_by_name_and_rejected_again(operator: Operator, desk: Desk) -> None:
    book = Book()
    book.punches(2)
    desk.send(book)
    assert "! dinas/kiosk-1 waits for approval" in operator.runs("status")
    assert "approved" in operator.runs("approve", "kiosk-1")
    assert [ack.status for ack in desk.send(book)] == ["ok"]
    assert "approved" in operator.runs("devices")
    operator.runs("reject", "dinas/kiosk-1")
    assert [(a.status, a.reason) for a in desk.send(book)] == [("refused", "rejected")]
    assert "no key of kiosk-7" in operator.fails("approve", "kiosk-7")


def test_of_several_waiting_keys_one_must_be_named(operator: Operator, desk: Desk) -> None:
    first, second = Book(), Book()
    desk.send(first)
    desk.send(second)
    assert "name one with --key" in operator.fails("approve", "kiosk-1")
    operator.runs("approve", "kiosk-1", "--key", second.sign_key[:12])
    assert [row["state"] for row in operator.json("devices")] == ["waiting", "approved"]


def test_every_report_speaks_json_and_text(operator: Operator, desk: Desk) -> None:
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(5)
    desk.send(book)
    desk.approve(book)
    desk.send(book, 1, 4)
    desk.send(book, 7, 7)
    assert operator.json("status")["records"] == 4
    assert operator.json("gaps")[0] | {"ledger_id": ""} == {
        "ledger_id": "", "tenant": "dinas", "device": "kiosk-1",
        "first": 5, "last": 6, "known_from": "staged",
    }  # fmt: skip
    assert [row["name"] for row in operator.json("punches")] == ["Budi Santoso"] * 2
    assert operator.json("verify") == [
        {"ledger_id": book.current.ledger_id, "records": 4, "signed_upto": 4, "fault": ""}
    ]
    for command in ("status", "gaps", "punches", "verify", "devices"):
        assert "kiosk-1" in operator.runs(command) or command == "verify"


def test_verify_fails_aloud(operator: Operator, desk: Desk) -> None:
    book = Book()
    desk.send(book)
    desk.approve(book)
    desk.send(book)
    with desk.store.writing() as tx:
        tx.run("UPDATE records SET body = ?", b"{}")
    assert "seq 1 was changed" in operator.fails("verify")


def test_a_database_of_a_newer_version_is_refused_untouched(operator: Operator) -> None:
    store = SqliteStore(operator.root / "centre.db")
    with store.writing() as tx:
        tx.run(f"PRAGMA user_version = {VERSION + 1}")
    store.close()
    before = (operator.root / "centre.db").read_bytes()
    assert f"schema {VERSION + 1}" in operator.fails("status")
    assert (operator.root / "centre.db").read_bytes() == before


def leaves(group: click.Group, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    return [
        leaf
        for name, command in group.commands.items()
        for leaf in (
            leaves(command, *path, name) if isinstance(command, click.Group) else [((*path, name), command)]
        )
    ]


def test_every_command_but_the_service_itself_speaks_json() -> None:
    silent = [
        path
        for path, command in leaves(main)
        if not any("--json" in option.opts for option in command.params)
    ]
    assert silent == [("run",)]


def test_what_goes_wrong_is_one_document_too(operator: Operator, tmp_path: Path) -> None:
    def error(*args: str) -> Any:
        done = CliRunner().invoke(main, ["--config", str(operator.root / "centre.toml"), *args, "--json"])
        assert done.stderr.splitlines()[-1].startswith("Error: ")
        return done.exit_code, json.loads(done.stdout)["error"]

    code, said = error("approve", "kiosk-7")
    assert (code, said["code"]) == (1, "failed")
    assert said["message"].startswith("no key of kiosk-7")
    for wrong in (("punches", "--limit", "-1"), ("looks", "--limit", "0"), ("punchs",), ("export", "-")):
        assert (wrong, 2, "usage") == (wrong, error(*wrong)[0], error(*wrong)[1]["code"])
    operator.root = tmp_path / "nowhere"
    assert "hadir-centre init" in error("status")[1]["message"]
    assert CliRunner().invoke(main, ["approve", "kiosk-7"]).stdout == ""


def test_what_an_operator_does_is_one_document(operator: Operator, desk: Desk, tmp_path: Path) -> None:
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(1)
    desk.send(book)
    desk.letter(book.name.up("state"), state_message(book.hello(), book.name, book, "online"))
    named = {"tenant": "dinas", "device": "kiosk-1"}
    public = operator.runs("key").strip()
    assert operator.json("key") == {"centre_key": public}
    assert operator.json("approve", "kiosk-1") == {**named, "key": book.sign_key, "state": "approved"}
    desk.send(book)
    sent = operator.json("command", "kiosk-1", "restart")
    assert sent == {**named, "counter": 1, "do": "restart"}
    assert operator.json("answer", "kiosk-1", "1")["answer"] == ""
    assert operator.json("decide", "kiosk-1", "3", "reject")["version"] == 1
    lines = tmp_path / "lines.jsonl"
    assert operator.json("export", str(lines)) == {"file": str(lines), "lines": 5}
    assert operator.json("rebuild") == {"records": 3}


def test_moments_are_local_days_and_times_to_a_person(operator: Operator, desk: Desk) -> None:
    book = Book()
    book.punches(1)
    desk.send(book)
    desk.approve(book)
    desk.send(book)
    (row,) = operator.json("punches")
    shown = operator.runs("punches")
    assert f"{local(row['true_ms'], 'WIB'):%Y-%m-%d %H:%M:%S}" in shown
    assert str(row["true_ms"]) not in shown
    desk.letter(book.name.up("state"), state_message(book.hello(), book.name, book, "online"))
    operator.runs("command", "kiosk-1", "restart")
    (look,) = operator.json("looks")
    assert f"{local(look['at_ms'], 'WIB'):%Y-%m-%d %H:%M:%S}" in operator.runs("looks")


def test_only_a_whole_challenge_is_answered(operator: Operator, desk: Desk) -> None:
    book = Book()
    desk.send(book)
    desk.approve(book)
    desk.send(book)
    assert "it has 8 digits" in operator.fails("pin-answer", "kiosk-1", "123")
    assert "it has 8 digits" in operator.fails("pin-answer", "kiosk-1", "1234 5678 9")
    text = "HADIRPIN1|dinas|kiosk-1|" + book.receive_key
    assert "it has 8 digits" in operator.fails("pin-answer", text + "|123")
    answer = operator.json("pin-answer", "kiosk-1", "1234-5678")["answer"]
    assert operator.runs("pin-answer", text + "|12345678").replace(" ", "").strip() == answer
