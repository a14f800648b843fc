"""`kioskctl tail`: everything that happens, as it happens: punches, refusals, devices, clock, link."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import click
import msgspec

from kiosk.core import api
from kiosk.core.record import BadRecordError, Record, decode_body
from kiosk.ctl import words
from kiosk.ctl.client import Client
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

LOOK_S = 1.0
ANSWER_S = 20.0
PAGE = 200
SHOWN = 90
FIRST = ("device", "state", "cause", "reason", "count")
LATEST_PUNCHES = 200


class Event(msgspec.Struct, frozen=True):
    """One line: a record of the ledger, or (`seq` 0) a change that the ledger does not keep."""

    time: str
    kind: str
    words: str
    seq: int = 0


@click.command()
@click.option(
    "-n", "--lines", type=click.IntRange(0, 1_000), default=10, show_default=True, help="Begin so far back."
)
@click.option("--no-follow", is_flag=True, help="End at the present.")
@common
def tail(lines: int, no_follow: bool) -> None:
    """Follow everything: punches, refusals, devices, clock, delivery.

    Goes on when kioskd is restarted. Ctrl-C ends it. --json: one document a line, with --no-follow a list.
    """
    here, follower = session(), Follower(lines)
    while True:
        try:
            with here.client() as client:
                while True:
                    if no_follow:
                        return _show_all(list(follower.news(client)))
                    for event in follower.news(client):
                        _show(event, as_json=here.as_json)
                    time.sleep(LOOK_S)
        except CtlError as error:
            if no_follow or not follower.began or error.code not in ("unreachable", "timeout"):
                raise
            if follower.lost():
                _show(Event(_now(), "kioskd", str(error)), as_json=here.as_json)
            time.sleep(LOOK_S)


@dataclass
class Follower:
    """Remembers what was shown already."""

    lines: int
    ledger_id: str = ""
    seq: int = 0
    link: str = ""
    there: bool = False
    punches: dict[int, api.PunchRow] = field(default_factory=dict)

    @property
    def began(self) -> bool:
        """Whether kioskd has answered once."""
        return bool(self.ledger_id)

    def lost(self) -> bool:
        """Whether it had been there until now."""
        was, self.there = self.there, False
        return was

    def news(self, client: Client) -> Iterator[Event]:
        """What has happened since the last look."""
        status = client.ask(api.GetStatus(), api.Status, answer_s=ANSWER_S)
        if self.began and not self.there:
            yield Event(status.local_time, "kioskd", f"answers: {status.software}")
        self.there = True
        head = status.ledger
        if head.ledger_id != self.ledger_id:
            self.seq = 0 if self.began else max(0, head.seq - self.lines)
            self.ledger_id = head.ledger_id
        yield from self._records(client, status)
        link = f"{words.LINKS.get(status.link.status, status.link.status)}"
        if link != self.link:
            self.link = link
            yield Event(
                status.local_time, "link", f"{link}, {words.many(status.link.backlog, 'record')} waiting"
            )

    def _records(self, client: Client, status: api.Status) -> Iterator[Event]:
        while self.seq < status.ledger.seq:
            page = client.ask(
                api.GetLedger(after_seq=self.seq, limit=PAGE), api.LedgerPage, answer_s=ANSWER_S
            )
            if not page.records or page.ledger_id != self.ledger_id:
                return
            if any('"type":"punch"' in body for _, body, _ in page.records):
                self._fetch_punches(client)
            for seq, body, _ in page.records:
                self.seq = seq
                yield self._event(seq, body, status)

    def _fetch_punches(self, client: Client) -> None:
        found = client.ask(api.GetPunches(limit=LATEST_PUNCHES), api.Punches, answer_s=ANSWER_S)
        self.punches = {row.seq: row for row in found.punches if row.ledger_id == self.ledger_id}

    def _event(self, seq: int, body: str, status: api.Status) -> Event:
        try:
            record = decode_body(body.encode())
        except BadRecordError as error:
            return Event(status.local_time, "record", f"cannot be read: {error}", seq)
        row = self.punches.get(seq) if record.type == "punch" else None
        if row is not None:
            said = f"{row.name} ({row.device}): {words.verdict(row.shown)}"
            return Event(row.local + ("" if row.at.trusted else "?"), "punch", said, seq)
        return Event(_when(record), record.type, _short(record), seq)


def _show_all(events: list[Event]) -> None:
    def say() -> None:
        for event in events:
            _show(event, as_json=False)

    session().show(events, say)


def _show(event: Event, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(event))
        return
    seq = f"{event.seq:>7}" if event.seq else " " * 7
    fault = event.kind in ("kioskd", "refusal") or '"fault"' in event.words or "state=fault" in event.words
    click.secho(f"{seq}  {event.time:<20} {event.kind:<12} {event.words}", fg="yellow" if fault else None)


def _when(record: Record) -> str:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.at.wall_ms // 1000))
    return f"{moment}Z{'' if record.at.trusted else '?'}"


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())


def _short(record: Record) -> str:
    """What a record says, without the ids and hashes that nobody reads."""
    keys = sorted(record.data, key=lambda key: (FIRST.index(key) if key in FIRST else len(FIRST), key))
    said = {key: record.data[key] for key in keys if not key.endswith(("_id", "hash", "sha256"))}
    text = " ".join(
        f"{key}={value if isinstance(value, str | int) else json.dumps(value)}" for key, value in said.items()
    )
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
