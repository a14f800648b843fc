"""The ledger's file: can this version read it, does the chain hold, is a page damaged?"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kiosk.ctl import words
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen
from kiosk.ctl.errors import CtlError
from kiosk.ctl.tools import kioskd_tool

VERIFY_S = 300.0
MAGIC = b"SQLite format 3\0"
RESTART = "systemctl restart kioskd"


def ledger(seen: Seen) -> Iterator[Finding]:
    """The whole ledger, read and checked by kioskd's own verifier."""
    yield from _set_aside(seen)
    path = seen.state_dir / "kiosk.db"
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        yield ok("ledger", f"none yet: kioskd begins one in {seen.state_dir}")
        return
    except OSError as error:
        yield unknown("ledger", f"{path}: {error.strerror}", "use sudo")
        return
    if head[:16] != MAGIC:
        yield _damaged(path, "its first page is gone")
        return
    old = list(_schema(seen))
    yield from old
    if not any(finding.level == "fault" for finding in old):
        yield from _verified(seen, path)


def _set_aside(seen: Seen) -> Iterator[Finding]:
    for folder in sorted(seen.state_dir.glob("damaged-*")):
        words_ = f"a damaged database was set aside in {folder} and what could be read goes on here"
        advice = "keep it elsewhere: it is proof of what was; and replace the card"
        command = f"mv {shlex.quote(str(folder))} ~"
        yield warning("damage", words_, advice, command)
    for file in sorted(seen.state_dir.glob("altered-*-*")):
        _, ledger_id, seq = file.name.split("-", 2)
        words_ = f"record {seq} of ledger {ledger_id[:8]} was altered or damaged; a linked ledger goes on"
        advice = "copy kiosk.db elsewhere, it is proof; find out who was at the card; then delete the note"
        yield warning("altered", words_, advice, f"rm {shlex.quote(str(file))}")


def _schema(seen: Seen) -> Iterator[Finding]:
    """A database of another version: an older one is brought up by kioskd itself, a newer one is not."""
    try:
        done = kioskd_tool("schema", str(seen.state_dir), timeout_s=VERIFY_S)
        found = json.loads(done.stdout) if done.returncode == 0 else {}
    except CtlError:
        return
    file, software = found.get("file", 0), found.get("software", 0)
    if file > software:
        words_ = (
            f"written by a newer version (schema {file}, this one reads {software}): kioskd leaves it alone"
        )
        yield fault(
            "schema", words_, "install the newer version again, from its bundle", "kioskctl update HADIR.tar"
        )
    elif file < software and seen.status is None:
        words_ = f"written by an older version (schema {file}, now {software})"
        yield warning("schema", words_, "kioskd brings it up to date when it starts", RESTART)


def _verified(seen: Seen, path: Path) -> Iterator[Finding]:
    try:
        done = kioskd_tool("verify", "--json", str(path), timeout_s=VERIFY_S)
    except CtlError as error:
        yield unknown("ledger", str(error))
        return
    if done.returncode not in (0, 1):
        yield _damaged(
            path, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it cannot be read"
        )
        return
    report = json.loads(done.stdout)
    ledgers: list[dict[str, Any]] = report["ledgers"]
    bad = [one for one in ledgers if not one["ok"]]
    if ledgers and bad and bad[-1] is ledgers[-1]:
        first = min(bad[-1]["faults"], key=lambda one: int(one["seq"]))
        yield _damaged(path, f"record {first['seq']}: {first['words']}")
    elif bad:
        names = ", ".join(one["ledger_id"][:8] for one in bad)
        yield warning(
            "ledger",
            f"the present ledger is whole; an older one ({names}) is damaged",
            "keep it: what can be read of it is proof",
            f"kioskctl ledger verify {shlex.quote(str(path))}",
        )
    elif report["problems"]:
        yield warning(
            "ledger",
            "; ".join(report["problems"]),
            "look at it closely",
            f"kioskctl ledger verify {shlex.quote(str(path))}",
        )
    else:
        total = sum(int(one["records"]) for one in ledgers)
        yield ok("ledger", f"{words.many(total, 'record')}, the chain holds")


def _damaged(path: Path, why: str) -> Finding:
    advice = (
        "start kioskd anew: it sets the damaged file aside and saves what can be read into a new ledger "
        "linked to it; then replace the card"
    )
    return fault("ledger", f"{path} is damaged: {why}", advice, RESTART)
