#!/usr/bin/env python3
"""Check an exported Hadir ledger without any of Hadir's code: `python3 verify_ledger.py EXPORT [--key HEX]`.

Needs Python 3.9 or newer and the package `cryptography`. What is checked, and what that proves, is in
docs/ledger.md. Ends with 0 when all is well and with 1 when not, naming the first record that is wrong.

An export is JSON lines. For each ledger: a header {"hadir_export": 1, "ledger_id", "sign_key", ...}, one line
a record {"seq", "body", "hash", "private"?}, at last {"ledger_id", "seq", "hash", "sig"}, the device's word.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """The ledger is not as it was written."""


def holds(key_hex, statement, signature_hex):
    """Whether the signature (Ed25519, RFC 8032) over the statement was made with this key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_hex))
        key.verify(bytes.fromhex(signature_hex), statement.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


class Ledger:
    """One ledger of the export, line by line."""

    def __init__(self, header, key):
        self.id, self.privates = header["ledger_id"], header["privates"]
        self.key, self.expected_key = header["sign_key"], key
        self.previous = header["previous"]
        self.seq, self.hash, self.sealed = 0, bytes(32), 0
        self.absent, self.erased, self.hashes = set(), set(), {}

    def record(self, line):
        """Sequence, chain, private part, and what the record itself says."""
        body = line["body"].encode("utf-8", "replace")
        self.need(line["seq"] == self.seq + 1, self.seq + 1, "missing or out of its place")
        self.seq += 1
        before, self.hash = self.hash, hashlib.sha256(self.hash + body).digest()
        self.need(self.hash.hex() == line["hash"], self.seq, "edited: bytes and hash do not belong together")
        record = json.loads(body)
        self.need(
            (record["ledger_id"], record["seq"]) == (self.id, self.seq), self.seq, "it is another record"
        )
        self.hashes[self.seq] = line["hash"]
        self.private(record, line.get("private"))
        if self.seq == 1:
            self.genesis(record)
        elif record["type"] == "seal":
            self.seal(record["data"], before.hex())
        elif record["type"] == "erased":
            self.erased |= {(record["data"]["ledger_id"], seq) for seq in record["data"]["seqs"]}

    def private(self, record, private):
        """The deletable text beside a record is the one it was written with."""
        wanted = record.get("private_hash")
        if private is not None:
            found = hashlib.sha256(bytes.fromhex(private[0]) + private[1].encode()).hexdigest()
            self.need(found == wanted, self.seq, "its private part was edited")
        elif wanted is not None and self.privates:
            self.absent.add((self.id, self.seq))

    def genesis(self, record):
        """The first record names the key that signs the rest, and the ledger before."""
        self.need(record["type"] == "genesis", 1, "a ledger begins with its genesis")
        self.need(record["data"]["sign_key"] == self.key, 1, "its key is not the header's")
        self.need(
            self.expected_key in (None, self.key), 1, "foreign signature: the key is not the one expected"
        )
        self.need(record["data"].get("previous") == self.previous, 1, "it names another ledger before it")

    def seal(self, seal, head):
        """A seal covers everything up to the record before it."""
        fields = (seal["first"], seal["last"], seal["count"], seal["head"], seal["day"])
        statement = "\n".join(["hadir-seal-v1", self.id, *map(str, fields), ""])
        covers = seal["last"] == self.seq - 1 and seal["head"] == head
        self.need(
            covers, self.sealed + 1, "the next seal was made over other records: the chain was recomputed"
        )
        self.need(holds(self.key, statement, seal["sig"]), self.seq, "foreign signature on the seal")
        self.sealed = seal["last"]

    def head(self, line):
        """The last line: what the device says the ledger's end is."""
        self.need(line["seq"] >= self.seq, self.seq, "there are records after the signed head")
        self.need(
            line["seq"] == self.seq, self.seq + 1, f"truncated: the device signed a head at {line['seq']}"
        )
        statement = f"hadir-head-v1\n{self.id}\n{self.seq}\n{self.hash.hex()}\n"
        signed = line["hash"] == self.hash.hex() and holds(self.key, statement, line["sig"])
        self.need(signed, self.seq, "foreign signature on the head, or it is another head")

    def need(self, holds_true, seq, words):
        """Stop at the first thing that is wrong."""
        if not holds_true:
            raise Wrong(f"ledger {self.id}: record {seq}: {words}")


def check(lines, key):
    """Every ledger of an export; what was checked, in words. Raises `Wrong`."""
    done, now = [], None
    for line in lines:
        fields = json.loads(line)
        if "hadir_export" in fields:
            if now is not None:
                raise Wrong(f"ledger {now.id}: truncated after record {now.seq}")
            now = Ledger(fields, key)
        elif now is None:
            raise Wrong("a line that belongs to no ledger")
        elif "body" in fields:
            now.record(fields)
        else:
            now.head(fields)
            done.append(now)
            now = None
    if now is not None or not done:
        raise Wrong("truncated: the last line is not a signed head")
    links(done)
    return [f"ledger {one.id}: {one.seq} records, key {one.key}" for one in done]


def links(ledgers):
    """Each ledger goes on where it says it does, and private parts are absent only where they were erased."""
    known = {one.id: one for one in ledgers}
    erased = set().union(*(one.erased for one in ledgers))
    for one in ledgers:
        previous = one.previous
        if previous and previous["ledger_id"] in known:
            found = known[previous["ledger_id"]].hashes.get(previous["seq"])
            one.need(found == previous["hash"], 1, "the ledger before it is not the one it goes on from")
        for _, seq in sorted(one.absent - erased):
            one.need(False, seq, "its private part is missing, and no record says it was erased")


def main():
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", help="the file that `kioskctl ledger export` wrote")
    parser.add_argument("--key", help="the device's public key, 64 hex digits, if you were given it")
    args = parser.parse_args()
    try:
        with Path(args.export).open(encoding="utf-8", errors="replace") as lines:
            words = check(lines, args.key)
    except Wrong as wrong:
        sys.stdout.write(f"NOT AS IT WAS WRITTEN\n{wrong}\n")
        return 1
    except (KeyError, TypeError, ValueError) as error:
        sys.stdout.write(f"NOT AS IT WAS WRITTEN\na line that cannot be read: {error!r}\n")
        return 1
    sys.stdout.write("\n".join(["ALL IS WELL", *words, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
