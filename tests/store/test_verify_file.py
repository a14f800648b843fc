from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.proof import Anchor
from kiosk.core.sign import ack_statement
from kiosk.daemon.export import export
from kiosk.daemon.export import main as export_main
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_file import UnreadableError
from kiosk.daemon.store import Store, StoreReader
from kiosk.daemon.verify_file import main, verify_file
from tests.store.samples import Reopen, add_person, append, at, punch

VERIFIER = Path(__file__).parents[2] / "docs" / "verify_ledger.py"


@pytest.fixture
def used(reopen: Reopen, state: Path) -> Path:
    """The database of a kiosk that took some punches and was stopped."""
    store = reopen()
    add_person(store)
    append(store, punch(), punch())
    store.seal_if_due(at(), "WIB")
    append(store, punch(), punch())
    store.close()
    return state / "kiosk.db"


@pytest.fixture
def exported(used: Path, keys: DeviceKeys) -> Path:
    path = used.with_name("export.jsonl")
    with StoreReader.open(used.parent) as reader, path.open("wb") as out:
        assert export(reader, keys, out) == 7
    return path


def tamper(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    ("statements", "seq", "fault"),
    [
        (["UPDATE ledger SET body = REPLACE(body, 'kantor', 'kantoR') WHERE seq = 4"], 4, "edited"),
        (["UPDATE ledger SET hash = zeroblob(32) WHERE seq = 4"], 4, "edited"),
        (["UPDATE ledger SET body = NULL WHERE seq = 4"], 4, "edited"),
        (["UPDATE ledger SET body = x'ff00' WHERE seq = 4"], 4, "edited"),
        (["UPDATE ledger SET hash = hex(hash) WHERE seq = 4"], 4, "edited"),
        (["DELETE FROM ledger WHERE seq = 4"], 4, "missing"),
        (["DELETE FROM ledger WHERE seq = 4", "UPDATE ledger SET seq = seq - 1 WHERE seq > 4"], 4, "missing"),
        (["DELETE FROM ledger WHERE seq = 7"], 7, "truncated"),
        (["DELETE FROM ledger WHERE seq = 1"], 1, "missing"),
        (["DELETE FROM private"], 2, "missing"),
        (["UPDATE private SET text = '{}'"], 2, "edited"),
        (
            [
                "UPDATE ledger SET seq = 99 WHERE seq = 3",
                "UPDATE ledger SET seq = 3 WHERE seq = 6",
                "UPDATE ledger SET seq = 6 WHERE seq = 99",
            ],
            3,
            "reordered",
        ),
    ],
)
def test_what_the_sqlite3_shell_changed_is_named(
    used: Path, statements: list[str], seq: int, fault: str
) -> None:
    assert verify_file(used).ok
    relaxed = "CREATE TABLE l2 (seq INTEGER PRIMARY KEY, body TEXT, hash BLOB)"
    swap = ["INSERT INTO l2 SELECT * FROM ledger", "DROP TABLE ledger", "ALTER TABLE l2 RENAME TO ledger"]
    tamper(used, relaxed, *swap, *statements)
    report = verify_file(used)
    assert report.first_bad is not None
    assert (report.first_bad.seq, report.first_bad.fault) == (seq, fault)


def test_a_copy_is_verified_without_being_changed(used: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "evidence.db"
    copy.parent.mkdir()
    shutil.copy(used, copy)
    before = copy.read_bytes()
    assert verify_file(copy).ok
    assert copy.read_bytes() == before
    assert list(copy.parent.iterdir()) == [copy]


def test_a_running_kiosks_database_is_verified_while_it_writes(store: Store, state: Path) -> None:
    append(store, *[punch() for _ in range(20)])
    report = verify_file(state / "kiosk.db")
    assert report.ok
    assert report.ledgers[0].records == 21
    append(store, punch())


def test_a_kept_acknowledgement_anchors_what_it_saw(reopen: Reopen, used: Path, tmp_path: Path) -> None:
    centre = DeviceKeys.load_or_create(tmp_path / "centre")
    store = reopen()
    ledger_id, hash_hex = store.head.ledger_id, (store.hash_at(store.head.ledger_id, 3) or b"").hex()
    sig = centre.sign(ack_statement(ledger_id, 3, hash_hex, 1, "n"))
    store.move_cursor("centre", ledger_id, 3, Anchor(ledger_id, 3, hash_hex, 1, "n", sig))
    store.close()
    (report,) = verify_file(used, centre_key=centre.sign_public).ledgers
    assert report.anchored is not None
    assert report.anchored.last == 3


def test_a_foreign_genesis_is_named_where_the_devices_key_lies_beside(used: Path) -> None:
    (used.parent / "device.pub").write_text("11" * 32)
    report = verify_file(used)
    assert report.first_bad is not None
    assert (report.first_bad.seq, report.first_bad.fault) == (1, "foreign_signature")


def test_a_linked_ledger_is_checked_against_the_one_before(store: Store, state: Path) -> None:
    append(store, punch(), punch())
    store.reopen_linked("restored", store.head.point, None, at())
    store.close()
    assert verify_file(state / "kiosk.db").ok
    tamper(state / "kiosk.db", "DELETE FROM ledger_1 WHERE seq = 3")
    report = verify_file(state / "kiosk.db")
    assert report.first_bad is not None
    assert (report.first_bad.seq, report.first_bad.fault) == (3, "truncated")


def test_a_damaged_file_says_how_far_it_can_be_read(reopen: Reopen, state: Path) -> None:
    append(reopen(), *[punch() for _ in range(400)])
    reopen().close()
    with (state / "kiosk.db").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))
    report = verify_file(state / "kiosk.db")
    assert report.first_bad is not None
    assert report.first_bad.fault == "unreadable"
    assert report.first_bad.seq > 1


@pytest.mark.parametrize("kind", ["copy", "export", "point", "qr", "ack", "seal"])
def test_against_takes_whatever_somebody_kept(used: Path, exported: Path, tmp_path: Path, kind: str) -> None:
    with StoreReader.open(used.parent) as reader:
        ledger_id = reader.ledgers()[0].ledger_id
        hash_hex = (reader.hash_at(ledger_id, 7) or b"").hex()
        seal = reader.records(ledger_id, 4, 1, 1)[0].body.decode()
    kept = tmp_path / "kept"
    if kind in ("copy", "export"):
        shutil.copy(used if kind == "copy" else exported, kept)
    else:
        point = {"ledger_id": ledger_id, "seq": 7, "hash": hash_hex}
        ack = {"ledger_id": ledger_id, "upto": 7, "hash": hash_hex, "time_ms": 1}
        texts = {"point": json.dumps(point), "ack": json.dumps(ack), "seal": seal}
        kept.write_text(texts.get(kind, f"HADIR {ledger_id}:7:{hash_hex}"))
    report = verify_file(used, [kept]).ledgers[0]
    assert report.anchored is not None
    assert report.anchored.last == (4 if kind == "seal" else 7)
    (used.parent / "head.witness").unlink()
    tamper(used, "DELETE FROM ledger WHERE seq >= 4")
    assert verify_file(used).ok
    found = verify_file(used, [kept]).first_bad
    assert found is not None
    assert (found.seq, found.fault) == (4, "truncated")


def test_a_ledger_known_from_elsewhere_must_be_in_the_file(used: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(f"{'cd' * 16} 4 {'00' * 32}")
    assert "cdcd" in verify_file(used, [kept]).problems[0]


def test_the_command_prints_one_report_and_says_so_with_its_exit(
    used: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([str(used), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    tamper(used, "UPDATE ledger SET body = REPLACE(body, 'kantor', 'kampus') WHERE seq = 4")
    assert main([str(used)]) == 1
    assert "record 4" in capsys.readouterr().out
    (tmp_path / "no.txt").write_text("nothing")
    assert main([str(tmp_path / "no.txt")]) == 2
    assert main([str(tmp_path / "absent")]) == 2
    with pytest.raises(UnreadableError):
        verify_file(used, [tmp_path / "no.txt"])


def test_an_export_is_verified_like_the_database(exported: Path) -> None:
    (report,) = verify_file(exported).ledgers
    assert report.ok
    assert report.unproven is None


def swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


TAMPERINGS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int, str]] = {
    "edited": (lambda lines: [line.replace(b"kantor", b"kampus") for line in lines], 3, "edited"),
    "removed": (lambda lines: [*lines[:4], *lines[5:]], 4, "missing"),
    "swapped": (swap, 3, "reordered"),
    "cut": (lambda lines: lines[:5], 5, "truncated"),
    "tail removed": (lambda lines: [*lines[:7], lines[-1]], 7, "truncated"),
    "no line": (lambda lines: [*lines[:5], b"{}\n", *lines[6:]], 5, "unreadable"),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_tampered_export_is_named_by_both_verifiers(exported: Path, how: str) -> None:
    change, seq, fault = TAMPERINGS[how]
    exported.write_bytes(b"".join(change(exported.read_bytes().splitlines(keepends=True))))
    report = verify_file(exported)
    assert report.first_bad is not None
    assert (report.first_bad.seq, report.first_bad.fault) == (seq, fault)
    alone = run_alone(exported)
    assert alone.returncode == 1
    assert "NOT AS IT WAS WRITTEN" in alone.stdout


def run_alone(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(VERIFIER), str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


def test_the_one_file_verifier_needs_nothing_of_ours(
    store: Store, state: Path, keys: DeviceKeys, tmp_path: Path
) -> None:
    seq = add_person(store).seq
    store.seal_if_due(at(), "WIB")
    append(store, punch())
    with store.transaction() as transaction:
        transaction.erase(store.head.ledger_id, (seq,), "request", at())
    store.reopen_linked("restored", store.head.point, None, at())
    add_person(store, "p2")
    store.close()
    path = tmp_path / "export.jsonl"
    assert export_main(["--state", str(state), str(path)]) == 0
    alone = run_alone(path, "--key", keys.sign_public)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert "ALL IS WELL" in alone.stdout
    assert alone.stdout.count("records") == 2
    assert run_alone(path, "--key", "22" * 32).returncode == 1
    imported = [
        line.split()[1] for line in VERIFIER.read_text().splitlines() if line.startswith(("import", "from"))
    ]
    assert {name.split(".")[0] for name in imported} == {
        "argparse",
        "hashlib",
        "json",
        "sys",
        "pathlib",
        "cryptography",
    }


def test_an_export_without_private_parts_is_still_whole(used: Path, keys: DeviceKeys) -> None:
    out = io.BytesIO()
    with StoreReader.open(used.parent) as reader:
        export(reader, keys, out, privates=False)
    path = used.with_name("public.jsonl")
    path.write_bytes(out.getvalue())
    assert b"Siti" not in out.getvalue()
    assert verify_file(path).ok
    assert run_alone(path).returncode == 0


def test_an_erased_record_in_a_later_ledger_counts(store: Store, state: Path) -> None:
    seq = add_person(store).seq
    old = store.head
    store.reopen_linked("restored", old.point, None, at())
    with store.transaction() as transaction:
        transaction.erase(old.ledger_id, (seq,), "request", at())
    store.close()
    assert verify_file(state / "kiosk.db").ok


def test_an_export_of_nothing_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_main(["--state", str(tmp_path), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err
