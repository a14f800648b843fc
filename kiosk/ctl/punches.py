"""`kioskctl punches`: who punched, what they were shown, and how far each punch has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import click
import msgspec

from kiosk.core import api
from kiosk.ctl import words
from kiosk.ctl.client import Client
from kiosk.ctl.day import iso_day, today
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

PAGE = 500
LOOK_S = 1.0
HEADERS = ("time", "name", "number", "verdict", "delivery")


@click.command()
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--day", help="Of one day: YYYY-MM-DD, or 'today'.")
@click.option("--number", default="", help="Of one person: NIP, NIK or local id.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new punches (--json: one document a line).")
@common
def punches(limit: int, day: str | None, number: str, follow: bool) -> None:
    """List punches, newest first."""
    here = session()
    with here.client() as client:
        query = api.GetPunches(limit=limit, number=number, day=_day(client, day))
        found = _newest(client, query)
        if not follow:
            here.show(found, lambda: _say(found))
            return
        _show_rows(found.punches[::-1], as_json=here.as_json)
        _follow(client, query, found.total, lambda rows: _show_rows(rows, as_json=here.as_json))


def _day(client: Client, text: str | None) -> str:
    """The ISO date meant; today is the kiosk's, whatever zone the system is set to."""
    if not text:
        return ""
    if text == "today":
        return today(client)
    return iso_day(text, also=" or today")


def _newest(client: Client, query: api.GetPunches) -> api.Punches:
    """The newest `query.limit` punches, fetched in pages that fit a line."""
    rows: list[api.PunchRow] = []
    while True:
        page = client.ask(
            api.GetPunches(
                limit=min(PAGE, query.limit - len(rows)),
                number=query.number,
                day=query.day,
                before_seq=rows[-1].seq if rows else None,
                before_ledger=rows[-1].ledger_id if rows else "",
            ),
            api.Punches,
        )
        rows += page.punches
        if not page.punches or len(rows) >= min(query.limit, page.total):
            return api.Punches(tuple(rows), page.total)


def _follow(
    client: Client, query: api.GetPunches, shown: int, show: Callable[[Sequence[api.PunchRow]], None]
) -> None:
    """Show what comes beyond the first `shown` punches, for ever."""
    while True:
        time.sleep(LOOK_S)
        total = client.ask(msgspec.structs.replace(query, limit=1), api.Punches).total
        if total > shown:
            found = _newest(client, msgspec.structs.replace(query, limit=total - shown))
            if found.total == total:  # else more came in between: look again
                show(found.punches[::-1])
                shown = total


def _show_rows(rows: Sequence[api.PunchRow], *, as_json: bool) -> None:
    for row in rows:
        click.echo(msgspec.json.encode(row) if as_json else "  ".join(_cells(row)))


def _say(found: api.Punches) -> None:
    if not found.punches:
        click.echo("no punches")
        return
    print_table(HEADERS, [_cells(row) for row in found.punches], flexible=("name",))
    if found.total > len(found.punches):
        click.echo(f"{words.many(found.total, 'punch', 'punches')} in all; more with --limit")


def _cells(row: api.PunchRow) -> tuple[str, ...]:
    mark = "" if row.at.trusted else "?"
    return (row.local + mark, row.name, row.number, words.verdict(row.shown), row.delivery)
