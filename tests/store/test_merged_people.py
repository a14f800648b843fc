"""Two ids turn out to be one person: what was sealed for either still opens, and is known as theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core import facing
from kiosk.core import payload as p
from kiosk.daemon.face_gallery import FaceGallery
from kiosk.daemon.store import Store
from kiosk.daemon.vault import Bound, Vault, VaultError
from tests.store.samples import Reopen, append
from tests.store.test_tenure import enter

OLD, NEW = "a", "b"


@pytest.fixture
def vault(reopen: Reopen, state: Path) -> Vault:
    return Vault.open(state)


@pytest.fixture
def merged(reopen: Reopen, vault: Vault) -> Store:
    """Somebody with a finger and a face under one id, another face under the other, and then the alias."""
    store = reopen()
    enter(store, OLD, 1)
    enter(store, NEW, 2)
    for who, purpose, content in ((OLD, "finger", b"f"), (OLD, "face", b"old"), (NEW, "face", b"new")):
        sealed = vault.put(who, purpose, "front", "x", content)
        append(store, p.Enrolment(
            template_id=sealed.template_id, person_id=who, purpose=purpose, part="front", device="d",  # type: ignore[arg-type]
            format="x", ciphertext_sha256=sealed.ciphertext_sha256,
        ))  # fmt: skip
    append(store, p.Alias(person_id=OLD, same_as=NEW))
    return store


def test_their_templates_open_under_the_new_id(merged: Store, vault: Vault) -> None:
    found = merged.templates(NEW)
    assert {template.person_id for template in found} == {NEW}
    assert {vault.get(Bound.of(template)) for template in found} == {b"f", b"old", b"new"}
    assert merged.templates(OLD) == found


def test_nobody_elses_opens(merged: Store, vault: Vault) -> None:
    enter(merged, "c", 3)
    (finger,) = merged.templates(NEW, purpose="finger")
    with pytest.raises(VaultError):
        vault.get(Bound("c", finger.purpose, finger.template_id, finger.format))


def test_what_is_sealed_anew_opens_too(merged: Store, vault: Vault) -> None:
    vault.rotate()
    for template in merged.templates(NEW):
        assert vault.reseal(Bound.of(template))
    vault.forget_old_keys()
    assert len({vault.get(Bound.of(template)) for template in merged.templates(NEW)}) == 3


def test_kiosk_face_knows_one_person_with_all_of_it(merged: Store, vault: Vault, state: Path) -> None:
    gallery = FaceGallery(state, vault)
    (line,) = gallery.whole()
    (person,) = line.people
    assert (person.person_id, set(person.templates)) == (NEW, {b"old", b"new"})


def test_kiosk_face_is_told_when_it_happens(reopen: Reopen, vault: Vault, state: Path) -> None:
    store = reopen()
    for number, who in enumerate((OLD, NEW)):
        enter(store, who, number + 1)
        sealed = vault.put(who, "face", "front", "x", who.encode())
        append(store, p.Enrolment(
            template_id=sealed.template_id, person_id=who, purpose="face", part="front", device="d",
            format="x", ciphertext_sha256=sealed.ciphertext_sha256,
        ))  # fmt: skip
    gallery = FaceGallery(state, vault)
    assert len([person for line in gallery.whole() for person in line.people]) == 2
    alias = p.Alias(person_id=OLD, same_as=NEW)
    append(store, alias)
    order = gallery.changed(alias, store)
    assert order
    dropped, put = order()
    assert dropped == facing.DropPerson(person_id=OLD)
    assert isinstance(put, facing.PutPeople)
    assert [(one.person_id, set(one.templates)) for one in put.people] == [(NEW, {b"a", b"b"})]
