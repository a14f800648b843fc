"""`kioskctl people`: who may punch here; one at a time or from a CSV file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from kiosk.core import api, desk
from kiosk.ctl import words
from kiosk.ctl.client import Client
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

CHUNK_ROWS = 2_000
CHUNK_BYTES = api.MAX_LINE_BYTES // 2
IMPORT_S = 660.0
SHOWN_ERRORS = 40
HEADERS = ("number", "name", "category", "unit", "enrolled")


class _Imported(msgspec.Struct, frozen=True):
    added: int
    changed: int
    unchanged: int
    errors: tuple[api.RowError, ...]
    ignored_columns: tuple[str, ...]


@click.group()
@common
def people() -> None:
    """List, add and import people."""


@people.command("list")
@click.argument("search", default="")
@common
def list_(search: str) -> None:
    """List people whose name or number contains SEARCH."""
    here = session()
    found = here.ask(api.GetPeople(search=search), api.People)
    here.show(found, lambda: _say(found))


@people.command()
@click.argument("number")
@click.argument("name")
@click.option("--category", default="", help="PNS, P3K, honorer or guest; left out: by the number's kind.")
@click.option("--unit", help="Office or school; left out: as it is.")
@common
def add(number: str, name: str, category: str, unit: str | None) -> None:
    """Add or change the person with NUMBER (NIP, NIPPPK, NIK or a local id)."""
    _put_one(api.PersonRow(1, number, name, category, unit))


@people.command()
@click.argument("number")
@common
def deactivate(number: str) -> None:
    """Let a person punch no more; what they punched stays."""
    _set_active(number, active=False)


@people.command()
@click.argument("number")
@common
def activate(number: str) -> None:
    """Let a deactivated person punch again."""
    _set_active(number, active=True)


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file only; kioskd is not asked.")
@common
def import_(file: Path, dry_run: bool) -> None:
    """Import people from a CSV FILE; bad rows are listed, good ones go in.

    The first line names the columns: nip (or nik, nomor), nama, and if wanted golongan, unit kerja, aktif.
    """
    from kiosk.core.roster_csv import BadRosterError, read_roster

    here = session()
    try:
        roster = read_roster(file.read_bytes())
    except BadRosterError as error:
        raise CtlError("bad_file", f"{file}: {error}", error.hint) from error
    put = api.PutResult(0, 0, 0, ())
    if not dry_run and roster.rows:
        with here.client() as client:
            put = _put(client, roster.rows, "csv")
    errors = tuple(sorted((*roster.errors, *put.errors), key=lambda error: error.line))
    done = _Imported(put.added, put.changed, put.unchanged, errors, roster.ignored)
    here.show(done, lambda: _say_imported(done, len(roster.rows) if dry_run else None))
    if errors:
        click.get_current_context().exit(api.EXIT_FAILED)


def _put(client: Client, rows: Sequence[api.PersonRow], source: str) -> api.PutResult:
    total = api.PutResult(0, 0, 0, ())
    for chunk in _chunks(rows):
        part = client.ask(api.PutPeople(rows=chunk, source=source), api.PutResult, answer_s=IMPORT_S)
        total = api.PutResult(
            total.added + part.added,
            total.changed + part.changed,
            total.unchanged + part.unchanged,
            total.errors + part.errors,
        )
    return total


def _chunks(rows: Sequence[api.PersonRow]) -> Iterator[tuple[api.PersonRow, ...]]:
    """Rows in portions that fit into one line of the control socket."""
    chunk: list[api.PersonRow] = []
    size_bytes = 0
    for row in rows:
        row_bytes = len(msgspec.json.encode(row)) + 1
        if chunk and (len(chunk) >= CHUNK_ROWS or size_bytes + row_bytes > CHUNK_BYTES):
            yield tuple(chunk)
            chunk, size_bytes = [], 0
        chunk.append(row)
        size_bytes += row_bytes
    if chunk:
        yield tuple(chunk)


@people.command()
@click.argument("number")
@click.argument("role", type=click.Choice(("operator", "technician", "head", "none")))
@common
def role(number: str, role: str) -> None:
    """Let NUMBER raise the screen as operator, technician or head of unit; `none` takes it away."""
    here = session()
    done = here.ask(desk.PutRole(number=number, role=role), api.Done)  # type: ignore[arg-type]
    here.show(done, lambda: click.echo(done.message))


@people.command()
@click.argument("number")
@click.option("--pin", default="", help="Asked for, or read from stdin, when left out.")
@common
def pin(number: str, pin: str) -> None:
    """Give NUMBER a PIN of 6 to 12 digits."""
    here, pin = session(), pin or _asked_pin()
    done = here.ask(desk.SetPin(number=number, pin=pin), api.Done)
    here.show(done, lambda: click.echo(done.message))


def _asked_pin() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True))
    if typed := sys.stdin.readline().strip():
        return typed
    raise click.UsageError("no --pin, and none on stdin")


def _put_one(row: api.PersonRow) -> None:
    here = session()
    with here.client() as client:
        put = _put(client, (row,), "operator")
    if put.errors:
        error = put.errors[0]
        raise CtlError("bad_request", f"{row.number}: {error.message} ({error.part})", f"ask {error.ask}")
    what = "added" if put.added else "changed" if put.changed else "already so"
    here.show(put, lambda: click.echo(f"{row.name}: {what}"))


def _set_active(number: str, *, active: bool) -> None:
    from kiosk.core.identity import BadNumberError, parse_number

    try:
        wanted = parse_number(number).text
    except BadNumberError as error:
        raise CtlError("bad_request", f"{number}: {error}", f"ask {error.ask}") from error
    found = session().ask(api.GetPeople(search=wanted), api.People)
    person = next((person for person in found.people if person.number == wanted), None)
    if person is None:
        raise CtlError("not_found", f"nobody here has the number {wanted}", "kioskctl people list")
    _put_one(api.PersonRow(1, person.number, person.name, person.category, person.unit, active))


def _say(found: api.People) -> None:
    if not found.people:
        click.echo("nobody")
        return
    rows = [
        (
            person.number,
            person.name,
            person.category if person.active else "not active",
            person.unit,
            ", ".join((*person.fingers, *["face"] * bool(person.faces))) or "-",
        )
        for person in found.people
    ]
    print_table(HEADERS, rows, flexible=("name", "unit", "enrolled"))
    if found.total > len(found.people):
        click.echo(f"{words.many(found.total, 'person', 'people')} in all; narrow with SEARCH")


def _say_imported(done: _Imported, checked: int | None) -> None:
    for error in done.errors[:SHOWN_ERRORS]:
        click.echo(f"line {error.line}: {error.number or '(no number)'}: {error.message}")
        click.echo(f"  {error.part}; ask {error.ask}" if error.ask else f"  {error.part}")
    if len(done.errors) > SHOWN_ERRORS:
        click.echo(f"... and {words.many(len(done.errors) - SHOWN_ERRORS, 'more line')}; all with --json")
    if done.ignored_columns:
        click.echo(f"columns passed over: {', '.join(done.ignored_columns)}")
    if checked is not None:
        click.echo(f"{words.many(checked, 'row')} good, {len(done.errors)} bad; nothing was imported")
        return
    click.echo(
        f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged, {len(done.errors)} refused"
    )
