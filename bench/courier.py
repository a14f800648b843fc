"""An export to a stick: records and photos read from the kiosk's store, signed, sealed, written and fsynced.

Beside it `cp` of as many bytes as came out, and an fsync of each file: what the disk alone makes of them.
Then the centre (SQLite) taking it in, and the same once more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.backlog import Backlog
from bench.figure import Figure
from bench.pair import paired
from sync.centre.courier import Importer, prepare
from sync.centre.keys import CentreKey
from sync.centre.office import Office
from sync.centre.store_sqlite import SqliteStore
from sync.courier.export import Order, Photo, export
from sync.courier.stick import Folder
from sync.documents import Offer
from sync.hello import signed, state_message
from sync.sealing import receive_public
from sync.topics import DeviceName
from sync.wire import encode

RECORDS, PHOTOS, PHOTO_BYTES = 100_000, 2_000, 20_000
ROUNDS = 5
NAME = DeviceName("bench", "kiosk")
MB = 1_000_000


class Album:
    """Photos of random bytes, each in a file as the kiosk keeps them."""

    def __init__(self, folder: Path, book: Backlog) -> None:
        self._folder, self._book = folder, book
        folder.mkdir()
        for number in range(PHOTOS):
            (folder / f"{number:064x}").write_bytes(os.urandom(PHOTO_BYTES))

    def waiting(self) -> int:
        """All of them, always."""
        return PHOTOS

    def each(self) -> Iterator[Photo]:
        """Read one by one and offered."""
        for path in sorted(self._folder.iterdir()):
            content = path.read_bytes()
            body = encode(Offer(sha256=path.name, size=len(content), key="ab" * 80)).decode()
            yield Photo(signed("evidence", NAME, body, self._book.sign_key, self._book), content)


def run() -> Iterator[Figure]:
    """Rates in MB/s of what lies on the stick, and records a second at the centre."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", "/var/tmp")) as root:
        yield from _measure(Path(root))


def _measure(root: Path) -> Iterator[Figure]:
    key = CentreKey(Ed25519PrivateKey.generate())
    book = Backlog(RECORDS, Ed25519PrivateKey.generate())
    album = Album(root / "album", book)
    stick = root / "stick"
    stick.mkdir()
    prepare(stick, NAME.tenant, key, 1)
    sizes: list[int] = []

    def ours() -> None:
        order = Order(
            name=NAME, export=os.urandom(16).hex(), stick="0" * 32, sign_key=book.sign_key,
            receive_key="00" * 32, receiver=receive_public(bytes.fromhex(key.public_hex)), seal="bench",
            state=state_message(book.hello(), NAME, book, "offline"),
        )  # fmt: skip
        with Folder.at(stick) as folder:
            sizes.append(export(folder, order, book, album, lambda progress: None).size_bytes)

    ours()
    made = next(path.parent for path in stick.rglob("manifest.json"))
    copy, source = root / "copy", root / "source"
    shutil.copytree(made, source)

    def theirs() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(("cp", "-r", str(source), str(copy)), check=True)
        subprocess.run(("sync", *map(str, copy.iterdir()), str(copy)), check=True)

    pair = paired(ours, theirs, rounds=ROUNDS, warm_up=1)
    size_mb = sizes[-1] / MB
    yield Figure("courier", "export", size_mb / pair.ours_s, "MB/s", size_mb / pair.theirs_s, "cp and fsync",
                 (1 / pair.spread[1], 1 / pair.spread[0]))  # fmt: skip
    yield Figure("courier", "export of 100,000 records and 2,000 photos", pair.ours_s, "s", 60.0, "limit")
    yield from _import(root, stick, key)


def _import(root: Path, stick: Path, key: CentreKey) -> Iterator[Figure]:
    store = SqliteStore(root / "centre.db")
    office = Office(store, key, lambda: time.time_ns() // 1_000_000, auto_approve=True)
    importer = Importer(store, office, key, lambda: 1)
    for name in ("import", "import once more"):
        start = time.perf_counter()
        importer.stick(stick)
        yield Figure("courier", name, RECORDS / (time.perf_counter() - start), "records/s")
    store.close()
