"""What the kiosk does about a stick outside of the child that writes to it."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from pathlib import Path

import pytest

from kiosk.core.payload import Evidence
from kiosk.daemon import sticks
from kiosk.daemon.courier_photos import moved
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreReader
from tests.e2e.rig import until
from tests.store.samples import IDENTITY, append, at, punch


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_stick_may_be_pulled_out_only_once_it_is_unmounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, release = tmp_path / "stick", tmp_path / "stick.release"
    folder.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "none", str(folder)), check=True)

    def helper() -> None:
        until(release.exists)
        subprocess.run(("umount", str(folder)), check=True)

    other = threading.Thread(target=helper)
    try:
        monkeypatch.setattr(sticks, "UNMOUNT_S", 0.1)
        assert not sticks.let_go(folder)
        release.unlink()
        monkeypatch.setattr(sticks, "UNMOUNT_S", 60.0)
        other.start()
        assert sticks.let_go(folder)
        assert not folder.is_mount()
    finally:
        if other.ident:
            other.join()
        if folder.is_mount():
            subprocess.run(("umount", str(folder)), check=True)


def test_photos_are_done_with_up_to_the_first_that_the_centre_has_not(tmp_path: Path) -> None:
    store = Store.open(tmp_path, DeviceKeys.load_or_create(tmp_path / "keys"), IDENTITY, at(), reserve_mb=0)
    evidence = EvidenceStore.open(tmp_path)
    names, places = [], []
    for _ in range(3):
        seq = append(store, punch())[0].seq
        kept = evidence.put(secrets.token_bytes(100), store.head.ledger_id, seq, "person")
        photo = Evidence(seq, "person", kept.ciphertext_sha256, kept.size_bytes)
        names.append(kept.ciphertext_sha256)
        places.append((store.head.ledger_id, append(store, photo)[0].seq))
    with StoreReader.open(tmp_path) as reader:
        assert moved(reader, evidence, set()) is None
        assert moved(reader, evidence, set(names[1:])) is None
        assert moved(reader, evidence, {names[0], names[2]}) == places[0]
        assert moved(reader, evidence, set(names)) == places[2]
    store.close()
