from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.sign import signature_holds
from kiosk.daemon.evidence import EvidenceError, EvidenceStore
from kiosk.daemon.keys import BadKeyError, DeviceKeys
from kiosk.daemon.vault import Bound, Vault, VaultError

TEMPLATE = bytes(range(256)) * 2


def sealed(vault: Vault) -> Bound:
    made = vault.put("p1", "finger", "right-index", "zfm-512", TEMPLATE)
    return Bound("p1", "finger", made.template_id, "zfm-512")


def test_a_template_comes_back_and_is_not_in_clear_on_the_disk(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    made = vault.put("p1", "finger", "right-index", "zfm-512", TEMPLATE)
    path = tmp_path / "vault" / made.template_id
    assert vault.get(Bound("p1", "finger", made.template_id, "zfm-512")) == TEMPLATE
    assert hashlib.sha256(path.read_bytes()).hexdigest() == made.ciphertext_sha256
    assert TEMPLATE[:32] not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert Vault.open(tmp_path).names() == {made.template_id}


@pytest.mark.parametrize("other", [{"person_id": "p2"}, {"purpose": "face"}, {"format": "zfm-768"}])
def test_a_template_opens_only_for_whom_and_what_it_was_made(tmp_path: Path, other: dict[str, Any]) -> None:
    vault = Vault.open(tmp_path)
    bound = sealed(vault)
    with pytest.raises(VaultError, match="not"):
        vault.get(replace(bound, **other))


def test_a_template_put_in_anothers_place_does_not_open(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    mine, theirs = sealed(vault), sealed(vault)
    (tmp_path / "vault" / theirs.template_id).replace(tmp_path / "vault" / mine.template_id)
    with pytest.raises(VaultError):
        vault.get(mine)


def test_a_damaged_or_missing_template_says_what_to_do(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    bound = sealed(vault)
    path = tmp_path / "vault" / bound.template_id
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(VaultError, match="damaged"):
        vault.get(bound)
    assert vault.remove(bound.template_id)
    assert not vault.remove(bound.template_id)
    with pytest.raises(VaultError) as gone:
        vault.get(bound)
    assert "enrol" in gone.value.hint
    with pytest.raises(VaultError, match="no template id"):
        vault.remove("../keys/sign.key")
    with pytest.raises(ValueError, match=r"\|"):
        vault.put("p|1", "finger", "right-index", "f", TEMPLATE)


def test_a_rotated_key_opens_the_old_until_all_is_resealed(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    bound = sealed(vault)
    vault.rotate()
    assert vault.get(bound) == Vault.open(tmp_path).get(bound) == TEMPLATE
    resealed = vault.reseal(bound)
    assert resealed is not None
    content = (tmp_path / "vault" / bound.template_id).read_bytes()
    assert resealed.ciphertext_sha256 == hashlib.sha256(content).hexdigest()
    assert vault.reseal(bound) is None
    assert vault.forget_old_keys() == 1
    assert vault.get(bound) == Vault.open(tmp_path).get(bound) == TEMPLATE


def test_a_key_of_systemd_is_replaced_only_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "hadir-vault.key").write_bytes(bytes(range(32)))
    vault = Vault.open(tmp_path / "state")
    with pytest.raises(BadKeyError, match="systemd-creds"):
        vault.rotate()


def test_what_was_not_resealed_is_lost_with_its_key(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    bound = sealed(vault)
    vault.rotate()
    vault.forget_old_keys()
    with pytest.raises(VaultError, match="key that is not here"):
        Vault.open(tmp_path).get(bound)


def test_a_photo_comes_back_for_its_punch_only(tmp_path: Path) -> None:
    photos = EvidenceStore.open(tmp_path)
    photo = photos.put(b"a picture", "ab" * 16, 7, "photo")
    (path,) = tmp_path.glob("evidence/??/*")
    assert path.name == photo.ciphertext_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_size == photo.size_bytes
    assert b"a picture" not in path.read_bytes()
    assert photos.get(photo.ciphertext_sha256, "ab" * 16, 7, "photo") == b"a picture"
    with pytest.raises(EvidenceError, match="another record"):
        photos.get(photo.ciphertext_sha256, "ab" * 16, 8, "photo")
    assert photos.remove([photo.ciphertext_sha256]) == (photo.ciphertext_sha256,)
    with pytest.raises(EvidenceError):
        photos.get(photo.ciphertext_sha256, "ab" * 16, 7, "photo")


def test_the_oldest_photos_are_given_up_first(tmp_path: Path) -> None:
    photos = EvidenceStore.open(tmp_path)
    names = [photos.put(bytes(1000), "ab" * 16, seq, "photo").ciphertext_sha256 for seq in range(5)]
    for age, name in enumerate(names):
        os.utime(tmp_path / "evidence" / name[:2] / name, (age, age))
    assert photos.give_up(1_500) == tuple(names[:2])
    assert photos.give_up(1) == (names[2],)


def test_a_photo_without_a_record_is_swept(tmp_path: Path) -> None:
    photos = EvidenceStore.open(tmp_path)
    kept, stray = (photos.put(b"x", "ab" * 16, seq, "photo").ciphertext_sha256 for seq in (1, 2))
    (tmp_path / "evidence" / stray[:2] / f".{stray}.new").write_bytes(b"half")
    assert photos.sweep({kept}) == 1
    assert [path.name for path in tmp_path.glob("evidence/??/*")] == [kept]


def test_device_keys_are_made_once_and_kept_to_their_owner(tmp_path: Path) -> None:
    keys = DeviceKeys.load_or_create(tmp_path / "keys")
    again = DeviceKeys.load_or_create(tmp_path / "keys")
    assert (keys.sign_public, keys.receive_public) == (again.sign_public, again.receive_public)
    assert signature_holds(keys.sign_public, b"statement", again.sign(b"statement"))
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_systemds_credentials_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = DeviceKeys.load_or_create(tmp_path / "keys")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "hadir-sign.key").write_bytes(b"k" * 32)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    given = DeviceKeys.load_or_create(tmp_path / "keys")
    assert given.sign_public != own.sign_public
    assert given.receive_public == own.receive_public


def test_a_key_file_that_holds_no_key_is_never_replaced(tmp_path: Path) -> None:
    DeviceKeys.load_or_create(tmp_path)
    (tmp_path / "sign.key").write_bytes(b"short")
    with pytest.raises(BadKeyError) as bad:
        DeviceKeys.load_or_create(tmp_path)
    assert "copy" in bad.value.hint
    assert (tmp_path / "sign.key").read_bytes() == b"short"
