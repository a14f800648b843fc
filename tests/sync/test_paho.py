"""What paho-mqtt does wrong (first of each pair), and that `Link` is not hit by it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sync.link import Link
from sync.link_events import Broker, Down, Message, Taken, Up
from tests.sync.conftest import Rig
from tests.sync.rig import until

TOPIC = "hadir/v1/dinas/kiosk-1/up/ledger"


@pytest.fixture
def raw() -> Iterator[Callable[[int], mqtt.Client]]:
    made: list[mqtt.Client] = []

    def connect(port: int) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        made.append(client)
        client.connect("127.0.0.1", port)
        client.loop_start()
        until(client.is_connected)
        return client

    yield connect
    for client in made:
        client.disconnect()
        client.loop_stop()


class Inbox(queue.SimpleQueue[Any]):
    """Raises at the first message, as a bug of ours in a callback would."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if isinstance(item, Message):
            raise RuntimeError("a bug")
        super().put(item, block, timeout)


def up(port: int, inbox: queue.SimpleQueue[Any]) -> Link:
    link = Link(Broker("127.0.0.1", port, "kiosk-1"), "5", None, inbox)
    link.start()
    assert isinstance(inbox.get(timeout=10), Up)
    return link


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_paho_stays_connected_after_a_callback_ended_its_thread(
    rig: Rig, raw: Callable[[int], mqtt.Client]
) -> None:
    port = rig.broker().port
    client = raw(port)
    threads: list[threading.Thread] = []

    def stumble(*_: Any) -> None:
        threads.append(threading.current_thread())
        raise RuntimeError("a bug")

    client.on_message = stumble
    client.subscribe(TOPIC, 1)
    client.publish(TOPIC, b"x", qos=1)
    until(lambda: threads and not threads[0].is_alive())
    assert client.is_connected()


def test_an_exception_in_a_callback_is_a_link_that_is_down(rig: Rig) -> None:
    inbox = Inbox()
    link = up(rig.broker().port, inbox)
    link.subscribe([TOPIC])
    link.publish(TOPIC, b"x")
    events = [inbox.get(timeout=10) for _ in range(2)]
    while not isinstance(events[-1], Down):
        events.append(inbox.get(timeout=10))
    assert (events[-1].cause, events[-1].detail) == ("failed", "a bug")
    assert link.publish(TOPIC, b"x") is None


def test_paho_counts_a_refused_publish_as_published(
    rig: Rig, tmp_path: Path, raw: Callable[[int], mqtt.Client]
) -> None:
    client = raw(_readonly(rig, tmp_path))
    info = client.publish(TOPIC, b"x", qos=1)
    info.wait_for_publish(10)
    assert info.is_published()


def test_a_refused_publish_is_seen(rig: Rig, tmp_path: Path) -> None:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    link = up(_readonly(rig, tmp_path), inbox)
    mid = link.publish(TOPIC, b"x")
    taken = inbox.get(timeout=10)
    assert isinstance(taken, Taken)
    assert (taken.mid, taken.cause) == (mid, "not_authorized")
    link.close(5)


def test_paho_keeps_what_it_said_it_could_not_send(rig: Rig, raw: Callable[[int], mqtt.Client]) -> None:
    broker = rig.broker()
    client = raw(broker.port)
    broker.kill()
    until(lambda: not client.is_connected())
    assert client.publish(TOPIC, b"x", qos=1).rc == mqtt.MQTT_ERR_NO_CONN
    broker.start()
    sent: list[int] = []
    client.on_publish = lambda _client, _data, mid, *_: sent.append(mid)
    until(lambda: sent)


def test_nothing_is_kept_for_later(rig: Rig) -> None:
    broker = rig.broker()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    link = up(broker.port, inbox)
    broker.kill()
    assert isinstance(inbox.get(timeout=10), Down)
    assert link.publish(TOPIC, b"x") is None


def _readonly(rig: Rig, root: Path) -> int:
    acl = root / "acl"
    acl.write_text("topic read hadir/#\n", encoding="ascii")
    return rig.broker(f"allow_anonymous true\nacl_file {acl}").port
