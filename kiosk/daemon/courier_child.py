"""The child that touches a stick: whatever a bad stick does to a process, it does to this one.

One order on standard input; `{"progress": ...}` lines, then one `{"done": ...}` or `{"failed": ...}`, on
standard output.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from kiosk.core.sign import message_statement
from kiosk.daemon import sticks
from kiosk.daemon.courier_photos import WaitingPhotos
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_source import StoreSource
from kiosk.daemon.store import StoreError
from sync.courier.export import Exported, Order, Progress, export
from sync.courier.format import PAIRING, ROOT, Pairing, Receipt, read_pairing, signed
from sync.courier.receipt import find_receipts, read_receipt
from sync.courier.stick import Folder, StickCode, StickError
from sync.sealing import SealError, receive_public
from sync.topics import DeviceName
from sync.wire import PROTOCOL, encode

TELL_EVERY_S = 0.25
NICE = 10


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to do with the stick at `path`; `export` is the new export's id, `stick` a new stick's.

    `older` names the ledgers that were begun with another key than today's, and that key; `files` are what
    somebody at the kiosk wants on it; `remembered` and `answered` as in `sync.courier.export.Order`.
    """

    do: Literal["look", "export", "pair", "put"]
    path: str
    state_dir: str
    tenant: str
    device: str
    centre_key: str
    export: str = ""
    stick: str = ""
    seal: str = ""
    state: str = ""
    older: dict[str, str] = {}
    files: dict[str, bytes] = {}
    remembered: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()


class Failed(msgspec.Struct, frozen=True):
    """The stick, or a receipt on it, cannot be used so."""

    code: StickCode
    words: str


class Looked(msgspec.Struct, frozen=True):
    """Whose stick it is, the receipts on it, oldest first, and what is wrong with others."""

    stick: str
    receipts: tuple[Receipt, ...] = ()
    failed: tuple[Failed, ...] = ()


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the child; one of them is set."""

    progress: Progress | None = None
    looked: Looked | None = None
    exported: Exported | None = None
    paths: list[str] | None = None
    failed: Failed | None = None


def main() -> None:
    """Do the one task on standard input."""
    os.nice(NICE)
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    try:
        line = _DO[task.do](task)
    except StickError as error:
        line = Line(failed=Failed(error.code, str(error)))
    except (StoreError, SealError, OSError, LookupError) as error:
        line = Line(failed=Failed("failed", str(error)))
    _tell(line)


def _look(task: Task) -> Line:
    keys = DeviceKeys.load_or_create(Path(task.state_dir) / "keys")
    name = DeviceName(task.tenant, task.device)
    with Folder.at(Path(task.path)) as stick:
        pairing = _paired(stick, task, keys)
        receipts, failed = [], []
        for found in _found(stick, name, keys.receive_public):
            try:
                if isinstance(found, StickError):
                    raise found
                receipts.append(read_receipt(found, keys.unseal, name, task.centre_key))
            except StickError as error:
                failed.append(Failed(error.code, str(error)))
    receipts.sort(key=lambda receipt: receipt.time_ms)
    return Line(looked=Looked(pairing.stick, tuple(receipts), tuple(failed)))


def _found(stick: Folder, name: DeviceName, receive_key: str) -> Iterator[bytes | StickError]:
    try:
        yield from find_receipts(stick, name, receive_key)
    except StickError as error:
        yield error


def _export(task: Task) -> Line:
    state_dir = Path(task.state_dir)
    keys = DeviceKeys.load_or_create(state_dir / "keys")
    told = _Teller()
    with Folder.at(Path(task.path)) as stick:
        pairing = _paired(stick, task, keys)
        order = Order(
            name=DeviceName(task.tenant, task.device), export=task.export, stick=pairing.stick,
            sign_key=keys.sign_public, receive_key=keys.receive_public, seal=task.seal,
            state=task.state.encode(),
            receiver=receive_public(bytes.fromhex(task.centre_key)),
            sign_head=lambda ledger_id, head: keys.sign_as(task.older.get(ledger_id, keys.sign_public), head),
            remembered=task.remembered, answered=task.answered,
        )  # fmt: skip
        photos = WaitingPhotos(state_dir, keys, order.name, task.centre_key)
        return Line(exported=export(stick, order, StoreSource(state_dir, keys), photos, told))


def _pair(task: Task) -> Line:
    keys = DeviceKeys.load_or_create(Path(task.state_dir) / "keys")
    pairing = Pairing(PROTOCOL, task.tenant, task.stick, time.time_ns() // 1_000_000)
    statement = message_statement("stick", task.tenant, task.stick, encode(pairing).decode())
    with Folder.at(Path(task.path)) as stick, stick.sub(ROOT, make=True) as root:
        root.put(PAIRING, signed(pairing, keys.sign_public, keys.sign(statement)))
    return Line(looked=Looked(pairing.stick))


def _put(task: Task) -> Line:
    keys = DeviceKeys.load_or_create(Path(task.state_dir) / "keys")
    with Folder.at(Path(task.path)) as stick:
        _paired(stick, task, keys)
    name = DeviceName(task.tenant, task.device)
    return Line(paths=sticks.put_files(Path(task.path), name, task.files))


def _paired(stick: Folder, task: Task, keys: DeviceKeys) -> Pairing:
    known = (task.centre_key, keys.sign_public) if task.centre_key else (keys.sign_public,)
    pairing = read_pairing(stick, known)
    if pairing.tenant != task.tenant:
        raise StickError("foreign", f"the stick was prepared for {pairing.tenant}")
    return pairing


class _Teller:
    """Says how far an export has come, not too often."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + TELL_EVERY_S
            _tell(Line(progress=progress))


def _tell(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


_DO = {"look": _look, "export": _export, "pair": _pair, "put": _put}

if __name__ == "__main__":
    main()
