"""One connection to a broker: the only file that knows paho.

paho's own reconnecting and offline queue are not used: every attempt is a new client, so nothing is
ever sent twice from a forgotten queue. Its callbacks only enqueue. The network thread is ours and runs
paho's documented external loop, so that an exception ends in a `Down` event with its cause, never in a
dead thread that still says `is_connected()`.
"""

from __future__ import annotations

import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sync.causes import connack_cause, disconnect_cause, failure_cause, publish_cause
from sync.link_events import Broker, Down, Message, Protocol, Subscribed, Taken, Up, Will
from sync.tls import context_for
from sync.wire import MAX_MESSAGE_BYTES

CONNECT_TIMEOUT_S = 10.0
HANDSHAKE_S = 10.0
PACKET_OVERHEAD_BYTES = 4_096
HOUSEKEEPING_S = 5.0


class Link:
    """One attempt to reach `broker`; everything that happens arrives in `inbox`, the end as one `Down`."""

    def __init__(
        self, broker: Broker, protocol: Protocol, will: Will | None, inbox: queue.SimpleQueue[Any]
    ) -> None:
        self.protocol: Protocol = protocol
        self._broker = broker
        self._inbox = inbox
        self._cause = ""
        self._closing = False
        self._let_in = False
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._client = self._new_client(will)
        self._thread = threading.Thread(target=self._run, name="mqtt-network", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> int | None:
        """Hand a message to the network thread; its packet id, or `None` when the link is down."""
        if not self._let_in or not self._client.is_connected():
            return None
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        self._wake()
        return info.mid if info.rc == mqtt.MQTT_ERR_SUCCESS else None

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for `topics` with QoS 1."""
        self._client.subscribe([(topic, 1) for topic in topics])
        self._wake()

    def settle(self, message: Message) -> None:
        """Tell the broker that `message` has been dealt with."""
        self._client.ack(message.mid, message.qos)
        self._wake()

    def close(self, timeout_s: float) -> bool:
        """Disconnect in order; whether the network thread ended within `timeout_s`."""
        self._closing = True
        self._client.disconnect()
        self._wake()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Let go without waiting: the broker will publish the last will."""
        self._cause = self._cause or "abandoned"
        self._closing = True
        self._wake()

    def _new_client(self, will: Will | None) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            protocol=mqtt.MQTTv5 if self.protocol == "5" else mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=self._broker.manual_ack,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(1_000)
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._broker.password)
        if will:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = _send_at_once
        # With this callback set, paho leaves all writing to our network thread.
        client.on_socket_register_write = self._on_want_write
        return client

    def _run(self) -> None:
        detail = ""
        try:
            self._connect()
            if self._closing:  # paho forgets a `disconnect()` that came before the socket
                return
            letting_in_until = time.monotonic() + HANDSHAKE_S
            while (sock := self._client.socket()) is not None and not self._abandoned():
                self._turn(sock)
                if not self._let_in and time.monotonic() > letting_in_until:
                    self._cause = "no_connack"  # a 3.1.1 broker may misread a v5 CONNECT and wait for more
                    return
        except Exception as error:  # noqa: BLE001 - the top of a thread
            self._cause, detail = failure_cause(error), str(error)
        finally:
            self._let_in = False
            self._inbox.put(Down(self, self._cause or "closed", detail))
            self._release()

    def _abandoned(self) -> bool:
        return self._closing and self._cause == "abandoned"

    def _release(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        self._wake_r.close()
        self._wake_w.close()

    def _connect(self) -> None:
        if self._broker.ca_file:
            self._client.tls_set_context(context_for(self._broker, self._heard_alert))
        properties = None
        if self.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = self._broker.receive_max
            properties.MaximumPacketSize = MAX_MESSAGE_BYTES + PACKET_OVERHEAD_BYTES
        self._client.connect(
            self._broker.host, self._broker.port, self._broker.keepalive_s, properties=properties
        )

    def _heard_alert(self, error: ssl.SSLError) -> None:
        self._cause = self._cause or failure_cause(error)

    def _turn(self, sock: Any) -> None:
        buffered = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        writers = [sock] if self._client.want_write() else []
        timeout = 0.0 if buffered else HOUSEKEEPING_S
        readable, writable, _ = select.select([sock, self._wake_r], writers, [], timeout)
        if self._wake_r in readable:
            self._drain_wake()
        if sock in readable or buffered:
            self._client.loop_read()
            _acknowledge_now(sock)
        if writable:
            self._client.loop_write()
        self._client.loop_misc()

    def _wake(self) -> None:
        try:
            self._wake_w.send(b"\0")
        except OSError:
            return  # full: it wakes up anyway; closed: nobody is there to wake

    def _drain_wake(self) -> None:
        try:
            self._wake_r.recv(4096)
        except BlockingIOError:
            return

    def _on_want_write(self, _client: mqtt.Client, _data: Any, _sock: Any) -> None:
        self._wake()

    def _on_connect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure:
            self._cause = connack_cause(reason.value)
            return
        self._let_in = True
        send_max = getattr(properties, "ReceiveMaximum", 65_535)
        max_packet = getattr(properties, "MaximumPacketSize", 0)
        self._inbox.put(Up(self, send_max, max_packet))

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if not self._cause and reason.is_failure:
            from_broker = bool(flags.is_disconnect_packet_from_server)
            self._cause = disconnect_cause(reason.value) if from_broker else "closed"

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._inbox.put(
            Message(self, message.topic, bytes(message.payload), message.retain, message.mid, message.qos)
        )

    def _on_publish(
        self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any
    ) -> None:
        self._inbox.put(Taken(self, mid, publish_cause(reason.value)))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        self._inbox.put(Subscribed(self, sum(reason.is_failure for reason in reasons)))


def _send_at_once(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _acknowledge_now(sock: Any) -> None:
    """Mosquitto leaves Nagle's algorithm on: a delayed ACK of ours costs 40 ms an answer (tcp(7))."""
    if sock.fileno() >= 0:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
