"""`kioskd verify FILE [--against FILE]`: is this ledger what it claims to be? Offline, read only, one report.

FILE is a kiosk's database (running or not, or a copy) or an export; `--against` another of these, or anything
small with a hash somebody kept: a receipt, an acknowledgement, a seal, the text of its QR code.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from kiosk.core.proof import Kept, Report
from kiosk.core.verify import Verifier, with_erasures
from kiosk.daemon.keys import DEVICE_KEY
from kiosk.daemon.ledger_file import LedgerFile, Section, UnreadableError, kept_in, open_ledgers
from kiosk.daemon.store.connect import NAME as DATABASE
from kiosk.daemon.store.witness import NAME as WITNESS
from kiosk.daemon.store.witness import read_witness


class FirstBad(msgspec.Struct, frozen=True):
    """The first record that is wrong, in the oldest ledger that has one."""

    ledger_id: str
    seq: int
    fault: str
    words: str


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every ledger in a file, oldest first; `problems` are about the file as a whole."""

    file: str
    ok: bool
    first_bad: FirstBad | None
    ledgers: tuple[Report, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def verify_file(
    path: Path, against: Sequence[Path] = (), device_key: str | None = None, centre_key: str | None = None
) -> FileReport:
    """Verify every ledger in `path`, which `device_key` must have signed and `centre_key` acknowledged.

    Raises `UnreadableError` and `OSError` for files that cannot be used at all.
    """
    with contextlib.ExitStack() as stack:
        seen = _witness(
            path
        )  # before the database: a running kiosk must not seem to have lost what it just wrote
        opened = open_ledgers(path)
        stack.callback(opened.close)
        known = {section.ledger_id for section in opened.sections}
        witnesses: list[_Few | _Whole] = [_Few([*_links(opened), *seen])]
        witnesses += [_witnesses_in(other, stack) for other in against]
        device_key = device_key or _key_beside(path)
        current = opened.sections[-1:]
        reports = with_erasures(
            [_verify(s, witnesses, device_key if s in current else None, centre_key) for s in opened.sections]
        )
    gone = sorted({ledger_id for w in witnesses[1:] for ledger_id in w.ledgers()} - known)
    problems = [f"ledger {ledger_id}, known from elsewhere, is not in this file" for ledger_id in gone]
    problems += [] if reports else ["there is no ledger in this file"]
    return _file_report(path, reports, problems, _loose_ends(opened, known))


def main(argv: list[str]) -> int:
    """`kioskd verify FILE`: 0 when all is well, 1 when not, 2 for a file that cannot be used."""
    parser = argparse.ArgumentParser(prog="kioskd verify", description=__doc__)
    parser.add_argument("file", type=Path, help="a kiosk.db or an export")
    parser.add_argument(
        "--against", type=Path, action="append", default=[], help="what somebody kept elsewhere"
    )
    parser.add_argument("--device-key", help="the device's public key, 64 hex digits (default: device.pub)")
    parser.add_argument("--centre-key", help="the centre's public key, 64 hex digits")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(argv)
    try:
        report = verify_file(args.file, args.against, args.device_key, args.centre_key)
    except (UnreadableError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n" if args.json else _words(report))
    return 0 if report.ok else 1


class _Few:
    """A few hashes, of any ledgers."""

    def __init__(self, kept: Iterable[Kept]) -> None:
        self._kept = sorted(kept, key=lambda one: one.seq)

    def of(self, ledger_id: str) -> Iterator[Kept]:
        return (one for one in self._kept if one.ledger_id == ledger_id)

    def ledgers(self) -> set[str]:
        return {one.ledger_id for one in self._kept}


class _Whole:
    """Another file with ledgers: each of its hashes was kept."""

    def __init__(self, opened: LedgerFile, source: str) -> None:
        self._sections = {section.ledger_id: section for section in opened.sections}
        self._source = source

    def of(self, ledger_id: str) -> Iterator[Kept]:
        if ledger_id in self._sections:
            for row in self._sections[ledger_id].rows():
                yield Kept(ledger_id, row.seq, row.hash.hex(), self._source)

    def ledgers(self) -> set[str]:
        return set(self._sections)


def _witnesses_in(path: Path, stack: contextlib.ExitStack) -> _Few | _Whole:
    try:
        opened = open_ledgers(path)
    except UnreadableError:
        return _Few(kept_in(path))
    stack.callback(opened.close)
    return _Whole(opened, path.name)


def _verify(
    section: Section, witnesses: Sequence[_Few | _Whole], device_key: str | None, centre_key: str | None
) -> Report:
    against = heapq.merge(*(w.of(section.ledger_id) for w in witnesses), key=lambda kept: kept.seq)
    verifier = Verifier(device_key, centre_key, section.anchors, against, privates=section.privates)
    try:
        for row in section.rows():
            verifier.feed(row)
    except UnreadableError as error:
        verifier.unreadable(str(error))
    head = section.head()
    if head is None and section.must_have_head:
        verifier.no_head()
    return verifier.finish(head)


def _links(opened: LedgerFile) -> list[Kept]:
    """What the genesis of each ledger says of the one before."""
    points = [(s.ledger_id, s.previous) for s in opened.sections if s.previous is not None]
    return [
        Kept(point.ledger_id, point.seq, point.hash, f"the genesis of ledger {ledger_id}", anchors=False)
        for ledger_id, point in points
    ]


def _witness(path: Path) -> list[Kept]:
    seen = read_witness(path.with_name(WITNESS)) if path.name == DATABASE else None
    return [Kept(seen.ledger_id, seen.seq, seen.hash.hex(), WITNESS, anchors=False)] if seen else []


def _key_beside(path: Path) -> str | None:
    try:
        return path.with_name(DEVICE_KEY).read_text("ascii").strip() if path.name == DATABASE else None
    except (OSError, ValueError):
        return None


def _loose_ends(opened: LedgerFile, known: set[str]) -> list[str]:
    return [
        f"ledger {s.ledger_id} goes on from ledger {s.previous.ledger_id}, which is not in this file"
        for s in opened.sections
        if s.previous is not None and s.previous.ledger_id not in known
    ]


def _file_report(path: Path, reports: Sequence[Report], problems: list[str], notes: list[str]) -> FileReport:
    bad = next((report for report in reports if not report.ok), None)
    first = None
    if bad is not None:
        fault = min(bad.faults, key=lambda one: one.seq)
        first = FirstBad(bad.ledger_id, fault.seq, fault.kind, fault.words)
    return FileReport(
        file=str(path), ok=first is None and not problems, first_bad=first, ledgers=tuple(reports),
        problems=tuple(problems), notes=tuple(notes),
    )  # fmt: skip


def _words(report: FileReport) -> str:
    lines = [f"{report.file}: {'all is well' if report.ok else 'NOT as it was written'}"]
    for ledger in report.ledgers:
        lines.append(
            f"ledger {ledger.ledger_id}: {ledger.records} records, device key {ledger.device_key[:16]}..."
        )
        spans = (
            ("anchored", ledger.anchored),
            ("device-signed only", ledger.signed),
            ("unproven", ledger.unproven),
        )
        lines += [f"  {name}: {span.first} to {span.last}" for name, span in spans if span]
        lines += [f"  {fault.kind}: {fault.words}" for fault in ledger.faults]
        lines += [f"  note: {note}" for note in ledger.notes]
    lines += [f"  problem: {problem}" for problem in report.problems]
    lines += [f"  note: {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
