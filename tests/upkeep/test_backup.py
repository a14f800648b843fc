"""Backups: consistent while the kiosk writes, tried before they are needed, and nothing erased comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.ctl.main import cli
from kiosk.daemon.backup import BackupError, back_up, copies
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.restore import BadBackupError, find_copy, restore, try_copy
from kiosk.daemon.store import Store, StoreInUse
from kiosk.daemon.vault import Vault
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, add_person, append, at, punch


class Kiosk:
    """A state folder with a store in it, open as long as the test wants."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.keys = DeviceKeys.load_or_create(state / "keys")
        self.start()

    def start(self) -> None:
        keys = DeviceKeys.load_or_create(self.state / "keys")
        self.store = Store.open(self.state, keys, IDENTITY, at(), reserve_mb=0)

    def punches(self) -> int:
        return len(self.store.recent_punches("p1", 10_000))


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path / "state")
    yield made
    made.store.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_a_copy_made_while_the_kiosk_runs_is_put_back_and_goes_on_linked(kiosk: Kiosk, stick: Path) -> None:
    add_person(kiosk.store)
    for _ in range(50):
        append(kiosk.store, punch())
    old = kiosk.store.head
    copy = back_up(kiosk.state, stick)
    append(kiosk.store, punch())
    with pytest.raises(StoreInUse):
        restore(copy, kiosk.state)
    kiosk.store.close()
    done = restore(copy, kiosk.state)
    assert (Path(done.aside) / "kiosk.db").exists()
    kiosk.start()
    assert kiosk.punches() == 50
    ledgers = kiosk.store.ledgers()
    assert ledgers[-1].previous == old.point
    assert kiosk.store.opened == "restored"
    append(kiosk.store, punch())
    kiosk.store.close()
    assert verify_file(kiosk.state / "kiosk.db").ok
    kiosk.start()
    assert [ledger.ledger_id for ledger in kiosk.store.ledgers()] == [ledger.ledger_id for ledger in ledgers]


def test_what_was_erased_after_the_copy_is_erased_again(kiosk: Kiosk, stick: Path) -> None:
    seq = add_person(kiosk.store, name="Siti Aminah").seq
    copy = back_up(kiosk.state, stick)
    assert b"Siti Aminah" in (copy / "kiosk.db").read_bytes()
    kiosk.store.erase(kiosk.store.head.ledger_id, [seq], "asked for it", at())
    kiosk.store.close()
    assert restore(copy, kiosk.state).erasures_since == 1
    kiosk.start()
    person = kiosk.store.person("p1")
    assert person is not None
    assert person.name == ""
    kiosk.store.close()
    assert b"Siti Aminah" not in (kiosk.state / "kiosk.db").read_bytes()
    assert verify_file(kiosk.state / "kiosk.db").ok


def test_on_a_new_card_erasures_are_known_from_the_newer_copies(
    kiosk: Kiosk, stick: Path, tmp_path: Path
) -> None:
    seq = add_person(kiosk.store, name="Siti Aminah").seq
    first = back_up(kiosk.state, stick)
    kiosk.store.erase(kiosk.store.head.ledger_id, [seq], "asked for it", at())
    back_up(kiosk.state, stick)
    fresh = tmp_path / "card"
    assert restore(first, fresh).erasures_since == 1
    keys = DeviceKeys.load_or_create(fresh / "keys")
    with_new_keys = Store.open(fresh, keys, IDENTITY, at(), reserve_mb=0)
    person = with_new_keys.person("p1")
    with_new_keys.close()
    assert person is not None
    assert person.name == ""


def test_templates_and_photos_come_back_and_those_deleted_leave_the_backup(kiosk: Kiosk, stick: Path) -> None:
    vault, photos = Vault.open(kiosk.state), EvidenceStore.open(kiosk.state)
    kept = vault.put("p1", "finger", "thumb", "zfm-512", bytes(512)).template_id
    gone = vault.put("p2", "finger", "thumb", "zfm-512", bytes(512)).template_id
    photo = photos.put(bytes(1000), kiosk.store.head.ledger_id, 2, "photo").ciphertext_sha256
    back_up(kiosk.state, stick)
    vault.remove(gone)
    copy = back_up(kiosk.state, stick)
    assert {path.name for path in (copy.parent / "vault").iterdir()} == {kept}
    kiosk.store.close()
    shutil.rmtree(kiosk.state / "vault")
    shutil.rmtree(kiosk.state / "evidence")
    restore(copy, kiosk.state)
    assert Vault.open(kiosk.state).names() == {kept}
    assert (kiosk.state / "evidence" / photo[:2] / photo).exists()
    kiosk.start()


def test_keys_are_copied_only_when_asked_for(kiosk: Kiosk, stick: Path) -> None:
    Vault.open(kiosk.state)
    assert not (back_up(kiosk.state, stick) / "keys").exists()
    assert (back_up(kiosk.state, stick, keys=True) / "keys" / "vault.key").exists()


def test_only_the_newest_copies_stay(kiosk: Kiosk, stick: Path) -> None:
    made = [back_up(kiosk.state, stick, keep=2) for _ in range(4)]
    assert copies(made[-1].parent) == made[-2:]
    assert find_copy(stick) == made[-1]


def test_a_copy_that_was_interrupted_is_none(kiosk: Kiosk, stick: Path) -> None:
    whole = back_up(kiosk.state, stick)
    shutil.copytree(whole, whole.parent / ".partial")
    (whole.parent / ".partial" / "backup.json").unlink()
    assert find_copy(stick) == whole
    assert back_up(kiosk.state, stick).exists()


def test_a_damaged_copy_is_refused_and_nothing_changes(kiosk: Kiosk, stick: Path) -> None:
    append(kiosk.store, punch())
    copy = back_up(kiosk.state, stick)
    with (copy / "kiosk.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"x" * 100)
    kiosk.store.close()
    with pytest.raises(BadBackupError):
        restore(copy, kiosk.state)
    kiosk.start()
    assert kiosk.punches() == 1


def test_a_copy_inside_the_state_or_on_no_disk_is_refused(kiosk: Kiosk, tmp_path: Path) -> None:
    for folder in (kiosk.state / "vault", tmp_path / "nowhere"):
        folder.parent.mkdir(exist_ok=True)
        with pytest.raises(BackupError):
            back_up(kiosk.state, folder)


def test_trying_changes_nothing_and_says_what_is_in_it(kiosk: Kiosk, stick: Path) -> None:
    add_person(kiosk.store)
    append(kiosk.store, punch())
    head = kiosk.store.head
    tried = try_copy(back_up(kiosk.state, stick), kiosk.state)
    assert (tried.people, tried.records) == (1, head.seq)
    assert kiosk.store.head == head


def test_the_commands(kiosk: Kiosk, stick: Path) -> None:
    place = ["--state-dir", str(kiosk.state), "--json"]
    made = CliRunner().invoke(cli, ["backup", str(stick), *place])
    assert made.exit_code == 0, made.output
    folder = json.loads(made.output)["folder"]
    tried = CliRunner().invoke(cli, ["restore", folder, "--verify", *place])
    assert tried.exit_code == 0, tried.output
    assert json.loads(tried.output)["device_id"] == IDENTITY.device_id
