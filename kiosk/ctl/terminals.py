"""`kioskctl terminals`: terminals on the network, their logs and their users."""

from __future__ import annotations

import click

from kiosk.core import terminals as api
from kiosk.core.api import EXIT_DEVICE
from kiosk.ctl import words
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table

LONG_S = 330.0
which = click.option("--terminal", default="", help="Which one, when there are several.")


@click.group()
@common
def terminals() -> None:
    """Look after terminals: their logs, their users."""


@terminals.command("list")
@common
def list_() -> None:
    """List terminals, how full their logs are and what became of the rows."""
    here = session()
    found = here.ask(api.GetTerminals(), api.Terminals)
    here.show(found, lambda: _say_terminals(found))
    if any(one.status == "fault" for one in found.terminals):
        click.get_current_context().exit(EXIT_DEVICE)


@terminals.command()
@which
@common
def users(terminal: str) -> None:
    """List the users of a terminal and who they are; those whom nobody knows come first."""
    here = session()
    found = here.ask(api.GetTerminalUsers(terminal=terminal), api.TerminalUsers, answer_s=LONG_S)
    here.show(found, lambda: _say_users(found))


@terminals.command()
@click.option("--limit", type=click.IntRange(1, 5000), default=50, show_default=True)
@common
def rows(limit: int) -> None:
    """List rows that made no punch, newest first: unknown users, repeats, impossible dates."""
    here = session()
    found = here.ask(api.GetTerminalRows(limit=limit), api.TerminalRows)
    here.show(found, lambda: _say_rows(found))


@terminals.command()
@which
@common
def sync(terminal: str) -> None:
    """Read a terminal's whole log again now; what is known already stays as it is."""
    here = session()
    done = here.ask(api.SyncTerminal(terminal=terminal), api.Synced, answer_s=LONG_S)
    here.show(done, lambda: click.echo(_became(done)))


@terminals.command("map")
@click.argument("user_id")
@click.argument("number")
@which
@common
def map_(user_id: str, number: str, terminal: str) -> None:
    """Say that the terminal's user USER_ID is the person with NUMBER; rows that waited become punches."""
    here = session()
    with here.client() as client:
        command = api.MapTerminalUser(user_id=user_id, number=number, terminal=terminal)
        done = client.ask(command, api.Mapped, answer_s=LONG_S)
    here.show(
        done, lambda: click.echo(f"{user_id} is {done.name}; {words.many(done.settled, 'row')} settled")
    )


@terminals.command()
@which
@common
def pull(terminal: str) -> None:
    """Take the fingers of known people from a terminal into the vault, and give it those it lacks."""
    here = session()
    done = here.ask(api.PullTerminal(terminal=terminal), api.Pulled, answer_s=LONG_S)
    here.show(done, lambda: _say_pulled(done))


def _say_terminals(found: api.Terminals) -> None:
    if not found.terminals:
        click.echo("no terminals; describe one in kiosk.toml: [[terminal]]")
        return
    headers = ("name", "state", "serial", "log", "clock", "read", "rows")
    print_table(headers, [_row(one) for one in found.terminals], flexible=("state", "rows"))
    if found.waiting:
        waiting = words.many(found.waiting, "row waits", "rows wait")
        click.echo(f"{waiting} for a user to be known: kioskctl terminals users, then map")


def _row(one: api.TerminalOut) -> tuple[str, ...]:
    state = f"{one.status}, simulated" if one.simulated else one.status
    full = f"{100 * one.records // one.record_capacity} %" if one.record_capacity else "-"
    offset = "-" if one.clock_offset_ms is None else f"{one.clock_offset_ms / 1000:+.0f} s"
    state = f"{state}: {one.info}" if one.status == "fault" else state
    return one.name, state, one.serial or "-", full, offset, one.synced_local[11:] or "-", _became(one.synced)


def _became(done: api.Synced) -> str:
    counts = (
        (done.punches, "new"), (done.kept, "repeated or refused"), (done.waiting, "of unknown users"),
        (done.bad, "unreadable"), (done.known, "known"),
    )  # fmt: skip
    return ", ".join(f"{words.number(count)} {what}" for count, what in counts if count) or "none"


def _say_users(found: api.TerminalUsers) -> None:
    headers = ("user id", "name there", "number", "person")
    people = [(u.user_id, u.terminal_name, u.number or "?", u.name or "not known here") for u in found.users]
    if not people:
        click.echo("nobody")
        return
    print_table(headers, people, flexible=("name there", "person"))
    if any(not user.number for user in found.users):
        click.echo("?: kioskctl terminals map USER_ID NUMBER")


def _say_rows(found: api.TerminalRows) -> None:
    if not found.rows:
        click.echo("none")
        return
    headers = ("terminal", "time there", "user id", "why", "raw")
    print_table(
        headers,
        [
            (r.terminal, r.wall.replace("T", " ") or "-", r.user_id or "-", r.why.replace("_", " "), r.raw)
            for r in found.rows
        ],
        flexible=("why", "raw"),
    )


def _say_pulled(done: api.Pulled) -> None:
    click.echo(
        f"{words.many(done.pulled, 'finger')} taken into the vault, {done.given} given to the terminal"
    )
    if done.unknown:
        click.echo(f"{words.many(done.unknown, 'finger')} of users nobody knows: kioskctl terminals users")
    if done.not_agreed:
        left = words.many(done.not_agreed, "finger")
        click.echo(
            f"{left} of people who have not agreed were left: kioskctl consent give NUMBER, then again"
        )
