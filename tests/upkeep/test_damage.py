"""A database that was damaged and mended: the technician is told until the damaged files are taken away."""

from __future__ import annotations

import shutil
from pathlib import Path

from kiosk.daemon import damage
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store
from tests.store.samples import IDENTITY, append, at, punch


def test_a_mended_database_is_spoken_of_until_somebody_looked(tmp_path: Path) -> None:
    keys = DeviceKeys.load_or_create(tmp_path / "keys")
    store = Store.open(tmp_path, keys, IDENTITY, at(), reserve_mb=0)
    append(store, punch())
    store.close()
    assert damage.problems(tmp_path) == []
    (tmp_path / "kiosk.db").write_bytes(b"nothing of a database" * 500)
    store = Store.open(tmp_path, keys, IDENTITY, at(), reserve_mb=0)
    store.close()
    (words,) = damage.problems(tmp_path)
    aside = next(tmp_path.glob("damaged-*"))
    assert str(aside) in words
    shutil.rmtree(aside)
    assert damage.problems(tmp_path) == []
