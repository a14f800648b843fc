"""The publisher's work: brings connection, delivery, live lane and inbound together, event by event."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec

from kiosk.core.config import Device, Sync
from sync.batching import Packer
from sync.causes import REFUSALS
from sync.connection import Connection
from sync.delivery import Delivery
from sync.documents import Offer, Reply
from sync.events import LinkChanged, Refused, SyncEvent
from sync.hello import DeviceHello, signed, state_message
from sync.inbound import read_ack, read_have, read_inbound
from sync.link import Link
from sync.link_events import Broker, LinkEvent, Message, Subscribed, Taken, Up, Will
from sync.live import LiveLane
from sync.orders import Again, Appended, Beside, Order
from sync.pace import Pace
from sync.replies import Replies
from sync.source import LedgerSource
from sync.topics import DeviceName, Down
from sync.uploads import Uploads
from sync.wire import Presence, WireError, encode

PACKET_OVERHEAD_BYTES = 512
DEAF_S = 45.0


class Session:
    """Everything between one `LedgerSource` and the broker. `clock` counts seconds since boot."""

    def __init__(
        self,
        config: Sync,
        device: Device,
        source: LedgerSource,
        hello: DeviceHello,
        on_event: Callable[[SyncEvent], None],
        inbox: queue.SimpleQueue[Any],
        clock: Callable[[], float],
        beside: Beside,
    ) -> None:
        self._config = config
        self._name = DeviceName(device.tenant, device.id)
        self._source = source
        self._hello = hello
        self._on_event = on_event
        self._clock = clock
        self._heard_at = clock()
        self._unheard_since = clock()
        self._shown = LinkChanged("off", "")
        packer = Packer(source, hello.sign_key, hello.sign_head)
        pace = Pace(config.window, config.batch_bytes, config.ack_timeout_s, config.retry_max_s)
        self._delivery = Delivery(source, packer, pace, self._send_batch, on_event, clock)
        self._live = LiveLane(source, packer, self._send_live)
        self._replies = Replies(self._send_reply)
        self._uploads = beside.files and Uploads(
            beside.files, self._send_offer, self._send_chunk, clock, metered=config.metered
        )
        self._clock_off_ms = beside.clock_off_ms
        self._dates_unchecked = False
        self._attempt = 0
        self._known_ledgers = {head.ledger_id for head in source.ledgers()}
        self._connection = Connection(
            self._broker, self._will, config.protocol, config.retry_max_s, inbox, clock
        )

    def turn(self, event: Order | LinkEvent | None) -> None:
        """Deal with one event, or with the passing of time."""
        owed = self._delivery.untaken
        if isinstance(event, Order):
            self._order(event)
        elif event is not None and self._connection.took(event):
            self._heard_at = self._clock()
            self._link_event(event)
        self._connection.tick()
        if self._connection.up:
            self._drop_if_deaf()
            self._delivery.tick()
            self._delivery.pump()
            self._live.flush(self._delivery.sent_upto(self._live.ledger_id))
            self._replies.flush()
            self._pump_files()
            self._check_dates()
            if not owed:
                self._unheard_since = self._clock()
        self._show()

    def next_deadline(self) -> float | None:
        """When to call `turn` even though nothing happened, in the clock's seconds."""
        moments = [self._connection.next_deadline()]
        if self._connection.up:
            moments.append(self._delivery.next_deadline())
            if self._uploads and self._delivery.idle:
                moments.append(self._uploads.next_deadline())
            if self._delivery.untaken:
                moments.append(self._deaf_at())
        return min((moment for moment in moments if moment is not None), default=None)

    def say_offline(self) -> int | None:
        """Publish the retained state `offline`; the packet to wait for."""
        return self._publish_state("offline")

    def close(self, timeout_s: float) -> bool:
        """Disconnect in order."""
        return self._connection.close(timeout_s)

    def abandon(self) -> None:
        """Let go of the link at once; the broker publishes the last will."""
        self._connection.drop("failed")

    def _broker(self) -> Broker:
        config = self._config
        clock_off_ms = self._clock_off_ms()
        self._dates_unchecked = bool(config.ca_file) and clock_off_ms is None
        host, port = self._address()
        password = ""
        if config.password_file:
            password = Path(config.password_file).read_text(encoding="utf-8").strip()
        return Broker(
            host=host,
            port=port,
            client_id=f"hadir-{self._name.tenant}-{self._name.device}",
            username=config.username,
            password=password,
            ca_file=config.ca_file,
            cert_file=config.cert_file,
            key_file=config.key_file,
            clock_off_ms=clock_off_ms,
        )

    def _address(self) -> tuple[str, int]:
        """The configured broker, then the further ones in their order, one an attempt."""
        config = self._config
        known = [(config.host, config.port), *map(address, config.brokers)]
        self._attempt += 1
        return known[(self._attempt - 1) % len(known)]

    def _will(self) -> Will:
        return Will(self._name.up("state"), self._state("offline"))

    def _order(self, order: Order) -> None:
        if isinstance(order, Appended):
            self._appended(order)
        elif isinstance(order, Again):
            self._delivery.again_from(order.ledger_id, order.from_seq)
        elif isinstance(order, Reply):
            self._replies.add(order)
        else:
            self._publish_state("online")
            if self._uploads:
                self._uploads.hurry()

    def _appended(self, event: Appended) -> None:
        if event.ledger_id not in self._known_ledgers:
            self._known_ledgers.add(event.ledger_id)
            self._delivery.hurry()
            self._publish_state("online")
        if self._connection.up:
            self._live.fresh(event.ledger_id, event.seq)
        if self._uploads:
            self._uploads.hurry()

    def _link_event(self, event: LinkEvent) -> None:
        if isinstance(event, Up):
            self._came_up(event)
        elif isinstance(event, Message):
            self._message(event)
        elif isinstance(event, Taken):
            self._live.taken(event.mid)
            self._replies.taken(event.mid)
            self._delivery.taken(event.mid, event.cause)
        elif isinstance(event, Subscribed):
            if event.refused:
                self._delivery.barred("not_authorized")
        else:
            self._gone()

    def _gone(self) -> None:
        self._live.forget()
        self._replies.link_lost()
        if self._uploads:
            self._uploads.link_lost()

    def _came_up(self, event: Up) -> None:
        if event.max_packet_bytes:
            self._delivery.pace.limit_bytes(event.max_packet_bytes - PACKET_OVERHEAD_BYTES)
        self._attempt = 0
        if link := self._connection.link:
            link.subscribe([self._name.down(lane) for lane in get_args(Down)])
        self._publish_state("online")
        self._delivery.connected(event.send_max)

    def _message(self, message: Message) -> None:
        try:
            if message.topic == self._name.down("ack"):
                ack = read_ack(message.payload, self._config.centre_key)
                self._delivery.answered(ack, message.topic)
            elif message.topic == self._name.down("evidence"):
                have = read_have(message.payload, self._name, self._config.centre_key)
                if self._uploads:
                    self._uploads.answered(have)
            else:
                inbound = read_inbound(message.topic, message.payload, self._name, self._config.centre_key)
                self._on_event(msgspec.structs.replace(inbound, retained=message.retain))
        except WireError as error:
            self._on_event(Refused(message.topic, error.reason))

    def _drop_if_deaf(self) -> None:
        if self._delivery.untaken and self._clock() > self._deaf_at():
            self._connection.drop("silent")
            self._gone()

    def _deaf_at(self) -> float:
        """When a broker that has something to take but says nothing counts as gone."""
        return max(self._heard_at, self._unheard_since) + DEAF_S

    def _pump_files(self) -> None:
        """Punches first: files only while nothing of the ledger waits."""
        if self._uploads and self._delivery.idle:
            self._uploads.pump()

    def _check_dates(self) -> None:
        """Connected without knowing the time, which an acknowledgement has told since: check everything."""
        if self._dates_unchecked and self._clock_off_ms() is not None:
            self._connection.renew()
            self._gone()

    def _show(self) -> None:
        connection = self._connection
        if connection.up:
            now = LinkChanged(self._delivery.standing.status, self._delivery.standing.cause)
        elif not connection.cause:
            now = LinkChanged("connecting", "")
        else:
            now = LinkChanged("refused" if connection.cause in REFUSALS else "offline", connection.cause)
        if now != self._shown:
            self._shown = now
            self._on_event(now)

    def _state(self, status: Presence) -> bytes:
        return state_message(self._hello, self._name, self._source, status)

    def _publish_state(self, status: Presence) -> int | None:
        return self._publish(self._name.up("state"), self._state(status), retain=True)

    def _send_batch(self, payload: bytes) -> int | None:
        return self._publish(self._name.up("ledger"), payload)

    def _send_live(self, payload: bytes) -> int | None:
        return self._publish(self._name.up("live"), payload)

    def _send_reply(self, reply: Reply) -> int | None:
        return self._publish(self._name.up("reply"), self._signed("reply", encode(reply).decode()))

    def _send_offer(self, offer: Offer) -> int | None:
        return self._publish(self._name.up("evidence"), self._signed("evidence", encode(offer).decode()))

    def _send_chunk(self, payload: bytes) -> int | None:
        return self._publish(self._name.up("evidence"), payload)

    def _signed(self, kind: str, body: str) -> bytes:
        return signed(kind, self._name, body, self._hello.sign_key, self._source)

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        link: Link | None = self._connection.link
        return link.publish(topic, payload, retain=retain) if link else None


def address(text: str) -> tuple[str, int]:
    """The host and port in `host:port`, which the configuration has checked."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
