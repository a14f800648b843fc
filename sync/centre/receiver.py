"""The centre's process: messages in from the broker, acknowledgements out after the commit."""

from __future__ import annotations

import logging
import os
import queue
import random
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.centre.ahead import Ahead, Mail
from sync.centre.config import BrokerTable
from sync.centre.letter import Letter
from sync.centre.office import Office
from sync.centre.outgoing import Outgoing
from sync.centre.store import BusyError
from sync.connection import Connection
from sync.link_events import Broker, Subscribed, Up
from sync.topics import Up as Lane
from sync.topics import every_device

log = logging.getLogger(__name__)
MOST_AT_ONCE = 32  # half a full window: a kiosk makes the next batches while these are committed
MOST_FRESH_AT_ONCE = 128
MOST_BYTES_AT_ONCE = 4 * 1024 * 1024
RECEIVE_MAX = 128
KEEPALIVE_S = 15  # a process that stands still gets its share of the messages for half as long again
BEAT_S = 10.0
DUE_S = 1.0
FIRST_PAUSE_S = 0.2
LAST_PAUSE_S = 5.0
# What a backlog fills, and what must never wait behind one: each has a connection to the broker of its own.
BULK: tuple[Lane, ...] = ("ledger", "evidence")
QUICK: tuple[Lane, ...] = ("live", "state", "reply")


class Receiver:
    """Runs in the caller's thread until `stop` is called from any other, or a signal handler.

    `notify` is told of each turn in systemd's words (sd_notify(3)).
    """

    def __init__(
        self, table: BrokerTable, office: Office, lanes: tuple[Lane, ...], notify: Callable[[str], None]
    ) -> None:
        self._table = table
        self._office = office
        self._lanes = [lane for lane in lanes if lane in office.lanes]
        self._notify = notify
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._ahead = Ahead(self._inbox)
        self._stopping = False
        self._due_at = 0.0
        self._client_id = f"hadir-centre-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._connection = Connection(
            self._broker, lambda: None, table.protocol, table.retry_max_s, self._inbox, time.monotonic
        )

    def stop(self) -> None:
        """Finish what is being committed, answer it and end."""
        self._stopping = True
        self._inbox.put(None)

    def run(self) -> None:
        """Receive until stopped."""
        self._ahead.start()
        try:
            self._notify("READY=1")
            while not self._stopping:
                self._turn()
            self._connection.close(5.0)
        finally:
            self._ahead.close()

    def _turn(self) -> None:
        self._notify("WATCHDOG=1")
        self._connection.tick()
        if mails := self._mails():
            self._handle(mails)
        self._send_due()

    def _send_due(self) -> None:
        """What an operator has given to go down; one receiver of a process looks for it."""
        if "reply" not in self._lanes or not self._connection.up or time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + DUE_S
        try:
            self._send(self._office.due())
        except BusyError as error:
            log.debug("what is to go down waits for the database: %s", error)

    def _mails(self) -> list[Mail]:
        """Whatever has come in by now, no more than one transaction should hold; waits for the first."""
        mails: list[Mail] = []
        size = 0
        due = self._connection.next_deadline()
        beat_s = DUE_S if "reply" in self._lanes else BEAT_S
        timeout = beat_s if due is None else min(beat_s, max(0.0, due - time.monotonic()))
        most = MOST_FRESH_AT_ONCE if "ledger" not in self._lanes else MOST_AT_ONCE
        while len(mails) < most and size < MOST_BYTES_AT_ONCE:
            try:
                event = self._ahead.get(0 if mails else timeout)
            except queue.Empty:
                break
            if isinstance(event, Mail):
                if self._connection.took(event.message):
                    mails.append(event)
                    size += len(event.message.payload)
                continue
            if event is not None and self._connection.took(event):
                self._link_event(event)
            if not mails:
                break
        return mails

    def _link_event(self, event: Any) -> None:
        if isinstance(event, Up):
            self._subscribe()
        elif isinstance(event, Subscribed):
            if event.refused:
                log.error("the broker refused our subscriptions; see [broker] shared and its ACL")
            else:
                log.info("receiving %s", ", ".join(self._lanes))
        self._office.tally.connected[self._lanes[0]] = self._connection.up

    def _subscribe(self) -> None:
        """No retained message is delivered to a shared subscription (MQTT v5, 4.8.2): states come to all."""
        group = self._table.group if self._table.shared else None
        topics = [every_device(lane, None if lane == "state" else group) for lane in self._lanes]
        if link := self._connection.link:
            link.subscribe(topics)

    def _handle(self, mails: list[Mail]) -> None:
        outgoing = self._committed([mail.letter for mail in mails])
        if outgoing is None:
            return
        self._send(outgoing)
        link = self._connection.link
        for mail in mails:
            if link and link is mail.message.link:
                link.settle(mail.message)

    def _committed(self, letters: list[Letter]) -> list[Outgoing] | None:
        """What to send after the commit, however long the database is away; `None` when stopped before it."""
        began, pause_s = time.monotonic(), FIRST_PAUSE_S
        while not self._stopping:
            try:
                outgoing = self._taken(letters)
            except BusyError as error:
                level = logging.WARNING if pause_s == FIRST_PAUSE_S else logging.DEBUG
                log.log(level, "nothing committed, nothing acknowledged, trying again: %s", error)
                self._notify("WATCHDOG=1")
                time.sleep(pause_s * random.uniform(0.5, 1.0))
                pause_s = min(LAST_PAUSE_S, pause_s * 2)
                continue
            if pause_s != FIRST_PAUSE_S:
                log.info("the database commits again after %.1f s", time.monotonic() - began)
            return outgoing
        return None

    def _taken(self, letters: list[Letter]) -> list[Outgoing]:
        """One bad letter must not keep back the others."""
        try:
            return self._office.take(letters)
        except BusyError:
            raise
        except Exception:
            log.exception("a message on %s could not be dealt with", {letter.topic for letter in letters})
            if len(letters) == 1:
                return []
            return [message for letter in letters for message in self._taken([letter])]

    def _send(self, outgoing: list[Outgoing]) -> None:
        """Without a link they are dropped: the kiosk asks again and is answered anew."""
        link = self._connection.link
        for message in outgoing:
            if link:
                link.publish(message.topic, message.payload, retain=message.retain)

    def _broker(self) -> Broker:
        table = self._table
        password = (
            Path(table.password_file).read_text(encoding="utf-8").strip() if table.password_file else ""
        )
        return Broker(
            host=table.host,
            port=table.port,
            client_id=self._client_id,
            username=table.username,
            password=password,
            ca_file=table.ca_file,
            keepalive_s=KEEPALIVE_S,
            receive_max=RECEIVE_MAX,
            manual_ack=True,
        )
