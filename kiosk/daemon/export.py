"""`kioskd export`: every ledger of a kiosk as signed JSON lines, while the kiosk goes on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from kiosk.core.export import Header, line_of
from kiosk.core.payload import Genesis, from_data
from kiosk.core.proof import SignedHead
from kiosk.core.record import BadRecordError, Row, decode_body
from kiosk.core.sign import head_statement
from kiosk.daemon.keys import BadKeyError, DeviceKeys
from kiosk.daemon.store import LedgerInfo, StoreError, StoreReader

PAGE_BYTES, PAGE_RECORDS = 1 << 20, 2000
_encode = msgspec.json.Encoder(order="sorted").encode


def export(reader: StoreReader, keys: DeviceKeys, out: BinaryIO, *, privates: bool = True) -> int:
    """Write every ledger as it stands now, oldest first; how many records. Raises `StoreError`, `OSError`."""
    total = 0
    for ledger in reader.ledgers():
        out.write(_encode(_header(reader, ledger, privates)) + b"\n")
        for row in _rows(reader, ledger):
            out.write(_encode(line_of(row, privates=privates)) + b"\n")
            total += 1
        hash_hex = ledger.hash.hex()
        signature = keys.sign(head_statement(ledger.ledger_id, ledger.seq, hash_hex))
        out.write(_encode(SignedHead(ledger.ledger_id, ledger.seq, hash_hex, signature)) + b"\n")
    return total


def main(argv: list[str]) -> int:
    """`kioskd export [--state DIR] [--no-private] FILE`; 0 done, 1 failed."""
    parser = argparse.ArgumentParser(prog="kioskd export", description=__doc__)
    parser.add_argument("--state", type=Path, default=Path("/var/lib/hadir"), help="the kiosk's state_dir")
    parser.add_argument("--no-private", action="store_true", help="leave names, numbers and notes out")
    parser.add_argument("file", type=Path, help="where to write; - for standard output")
    args = parser.parse_args(argv)
    try:
        keys = DeviceKeys.load_or_create(args.state / "keys")
        with StoreReader.open(args.state) as reader, _opened(args.file) as out:
            total = export(reader, keys, out, privates=not args.no_private)
    except (StoreError, BadKeyError) as error:
        sys.stderr.write(f"{error}\n{error.hint}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"{total} records written\n")
    return 0


def _opened(path: Path) -> BinaryIO:
    return sys.stdout.buffer if str(path) == "-" else path.open("wb")


def _rows(reader: StoreReader, ledger: LedgerInfo) -> Iterator[Row]:
    after = 0
    while after < ledger.seq:
        page = reader.records(ledger.ledger_id, after, PAGE_BYTES, min(PAGE_RECORDS, ledger.seq - after))
        if not page:
            return
        yield from (row for row in page if row.seq <= ledger.seq)
        after = page[-1].seq


def _header(reader: StoreReader, ledger: LedgerInfo, privates: bool) -> Header:
    genesis = None
    for row in reader.records(ledger.ledger_id, 0, 1, 1):
        try:
            record = decode_body(row.body)
            genesis = from_data(record.type, record.data)
        except (BadRecordError, msgspec.ValidationError):
            genesis = None
    known = genesis if isinstance(genesis, Genesis) else None
    return Header(
        ledger_id=ledger.ledger_id,
        sign_key=known.sign_key if known else "",
        receive_key=known.receive_key if known else "",
        records=ledger.seq,
        privates=privates,
        previous=ledger.previous,
    )
