"""`kioskctl ledger`: read the records, verify the chain, export it for an inspector."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
import msgspec

from kiosk.core import api
from kiosk.core.record import BadRecordError, Record, decode_body
from kiosk.ctl.client import Client
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session
from kiosk.ctl.tools import kioskd_tool

PAGE = 200
LOOK_S = 1.0
SHOWN_DATA = 60
FILE = click.Path(path_type=Path)


@click.group()
@common
def ledger() -> None:
    """Read, verify and export the ledger."""


@ledger.command()
@click.argument("file", type=FILE, required=False)
@click.option(
    "--against", type=FILE, multiple=True, help="A copy, receipt, acknowledgement or seal that was kept."
)
@click.option("--centre-key", default="", help="The centre's public key; this kiosk's own is known.")
@click.option("--state-dir", type=FILE, help="The kiosk's state, when kioskd is not there to say where.")
@common
def verify(file: Path | None, against: tuple[Path, ...], centre_key: str, state_dir: Path | None) -> None:
    """Verify FILE (a kiosk.db or an export), or this kiosk's ledger; works while kioskd runs or is gone.

    Names the first bad record and what is wrong with it. Exit 1 when something is.
    """
    if file is None and state_dir is None:
        status = _status()
        state_dir, centre_key = Path(status.state_dir), centre_key or status.centre_key
    arguments = [str(file or Path(state_dir or ".") / "kiosk.db")]
    arguments += [word for path in against for word in ("--against", str(path))]
    arguments += ["--centre-key", centre_key] if centre_key else []
    here = session()
    done = kioskd_tool("verify", *arguments, *(["--json"] if here.as_json else []))
    if done.returncode not in (0, 1):
        hint = "FILE is a kiosk.db, a copy of one, or what `kioskctl ledger export` wrote"
        raise CtlError("bad_file", done.stderr.strip() or "kioskd verify failed", hint)
    click.echo(done.stdout, nl=False)
    click.get_current_context().exit(done.returncode)


@ledger.command()
@click.argument("file", type=FILE)
@click.option("--no-private", is_flag=True, help="Leave names, numbers and notes out.")
@click.option("--state-dir", type=FILE, help="The kiosk's state, when kioskd is not there to say where.")
@common
def export(file: Path, no_private: bool, state_dir: Path | None) -> None:
    """Write the whole ledger to FILE as signed JSON lines, with what a verifier needs."""
    state = state_dir or Path(_status().state_dir)
    done = kioskd_tool("export", "--state", str(state), *(["--no-private"] if no_private else []), str(file))
    if done.returncode:
        raise CtlError(
            "failed", done.stderr.strip() or "kioskd export failed", "is there room, and may you write?"
        )
    size_bytes = file.stat().st_size
    words = f"{file}: {size_bytes:,} bytes; check it with `kioskctl ledger verify {file}`"
    session().show({"file": str(file), "size_bytes": size_bytes}, lambda: click.echo(words))


@ledger.command()
@click.option("-n", "--lines", type=click.IntRange(1, 5_000), default=20, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on with new records (--json: one document a line).")
@common
def tail(lines: int, follow: bool) -> None:
    """Show the last records, oldest first."""
    here = session()
    with here.client() as client:
        head = client.ask(api.GetStatus(), api.Status).ledger
        page = _records(client, max(0, head.seq - lines), lines)
        if not follow:
            here.show([_document(record) for record in page], lambda: _say(page))
            return
        while True:
            for record in page:
                click.echo(msgspec.json.encode(_document(record))) if here.as_json else _say([record])
            time.sleep(LOOK_S if not page else 0)
            page = _records(client, page[-1][0] if page else head.seq, PAGE)
            head = msgspec.structs.replace(head, seq=page[-1][0] if page else head.seq)


Stored = tuple[int, str, str]


def _records(client: Client, after_seq: int, limit: int) -> list[Stored]:
    found: list[Stored] = []
    while len(found) < limit:
        last = found[-1][0] if found else after_seq
        page = client.ask(api.GetLedger(after_seq=last, limit=min(PAGE, limit - len(found))), api.LedgerPage)
        if not page.records:
            break
        found += page.records
    return found


def _document(stored: Stored) -> dict[str, object]:
    seq, body, hash_hex = stored
    return {"seq": seq, "hash": hash_hex, "body": body, "record": json.loads(body)}


def _say(page: list[Stored]) -> None:
    for seq, body, hash_hex in page:
        try:
            record = decode_body(body)
        except BadRecordError as error:
            click.echo(f"{seq:>7}  {hash_hex[:8]}  cannot be read: {error}")
            continue
        click.echo(f"{seq:>7}  {_when(record)}  {record.type:<12} {_short(record)}")


def _when(record: Record) -> str:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.at.wall_ms // 1000))
    return f"{moment}Z{' ' if record.at.trusted else '?'}"


def _short(record: Record) -> str:
    text = " ".join(
        f"{key}={value}" for key, value in record.data.items() if not isinstance(value, dict | list)
    )
    return text if len(text) <= SHOWN_DATA else text[: SHOWN_DATA - 1] + "…"


def _status() -> api.Status:
    """Where the kiosk keeps its ledger and whom it delivers to: kioskd's own word."""
    return session().ask(api.GetStatus(), api.Status)
