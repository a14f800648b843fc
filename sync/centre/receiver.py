"""The centre's process: messages in from the broker, acknowledgements out after the commit."""

from __future__ import annotations

import logging
import os
import queue
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync.centre.config import BrokerTable
from sync.centre.office import Letter, Office, Outgoing
from sync.centre.store import BusyError
from sync.connection import Connection
from sync.link_events import Broker, Message, Subscribed, Up
from sync.topics import every_device

log = logging.getLogger(__name__)
MOST_AT_ONCE = 64
MOST_BYTES_AT_ONCE = 4 * 1024 * 1024
RECEIVE_MAX = 128
BUSY_PAUSE_S = 0.5
BEAT_S = 10.0


class Receiver:
    """Runs in the caller's thread until `stop` is called from any other, or a signal handler."""

    def __init__(self, table: BrokerTable, office: Office, notify: Callable[[str], None]) -> None:
        self._table = table
        self._office = office
        self._notify = notify
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopping = False
        self._client_id = f"hadir-centre-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._connection = Connection(
            self._broker, lambda: None, table.protocol, table.retry_max_s, self._inbox, time.monotonic
        )

    def stop(self) -> None:
        """Finish what is being committed, answer it and end."""
        self._stopping = True
        self._inbox.put(None)

    def run(self) -> None:
        """Receive until stopped; systemd (`sd_notify`) hears of each turn."""
        self._notify("READY=1")
        while not self._stopping:
            self._notify("WATCHDOG=1")
            self._connection.tick()
            messages = self._messages()
            if messages:
                self._handle(messages)
        self._connection.close(5.0)

    def _messages(self) -> list[Message]:
        """Whatever has come in by now, no more than one transaction should hold; waits for the first."""
        messages: list[Message] = []
        size = 0
        due = self._connection.next_deadline()
        timeout = BEAT_S if due is None else min(BEAT_S, max(0.0, due - time.monotonic()))
        while len(messages) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
            try:
                event = self._inbox.get(timeout=0 if messages else timeout)
            except queue.Empty:
                break
            if isinstance(event, Message) and self._connection.took(event):
                messages.append(event)
                size += len(event.payload)
            elif not isinstance(event, Message):
                if event is not None and self._connection.took(event):
                    self._link_event(event)
                if not messages:
                    break
        return messages

    def _link_event(self, event: Any) -> None:
        if isinstance(event, Up):
            self._subscribe()
        elif isinstance(event, Subscribed):
            if event.refused:
                log.error("the broker refused our subscriptions; see [broker] shared and its ACL")
            else:
                log.info("receiving")

    def _subscribe(self) -> None:
        group = self._table.group if self._table.shared else None
        if link := self._connection.link:
            link.subscribe(
                [every_device("ledger", group), every_device("live", group), every_device("state")]
            )

    def _handle(self, messages: list[Message]) -> None:
        self._send(self._committed([Letter(message.topic, message.payload) for message in messages]))
        link = self._connection.link
        for message in messages:
            if link and link is message.link:
                link.settle(message)

    def _committed(self, letters: list[Letter]) -> list[Outgoing]:
        """What to send after the commit; one bad letter must not keep back the others."""
        try:
            return self._office.take(letters)
        except BusyError as error:
            log.warning("nothing committed, the kiosks will send again: %s", error)
            time.sleep(BUSY_PAUSE_S)
            return []
        except Exception:
            log.exception("a message on %s could not be dealt with", {letter.topic for letter in letters})
            if len(letters) == 1:
                return []
            return [message for letter in letters for message in self._committed([letter])]

    def _send(self, outgoing: list[Outgoing]) -> None:
        """Without a link they are dropped: the kiosk asks again and is answered anew."""
        link = self._connection.link
        for message in outgoing:
            if link:
                link.publish(message.topic, message.payload)

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
            receive_max=RECEIVE_MAX,
            manual_ack=True,
        )
