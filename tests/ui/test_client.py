"""The client of the control socket: comes back by itself, and no line can break it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.address import address_of
from kiosk.core.api import MAX_LINE_BYTES, Intent, Reply
from kiosk.core.view import View
from ui.client import Client
from ui.samples import VIEW

LONG_S = 10.0


def pumped(client: Client, until: Callable[[list[View]], Any]) -> list[View]:
    """Pump until `until(views)` holds."""
    deadline_s, views = time.monotonic() + LONG_S, list[View]()
    while time.monotonic() < deadline_s:
        views += client.pump(time.monotonic())
        if until(views):
            return views
        time.sleep(0.005)
    raise AssertionError(f"waited {LONG_S} s, got {len(views)} views")


@pytest.fixture
def client(peer: Any) -> Any:
    made = Client(peer.path)
    made.pump(0)
    peer.accept()
    yield made
    made.close()


def test_it_watches_and_receives_views(client: Client, peer: Any) -> None:
    peer.show(VIEW)
    assert pumped(client, len) == [VIEW]


def test_a_view_in_many_pieces_and_two_in_one_piece(client: Client, peer: Any) -> None:
    line = msgspec.json.encode(Reply(1, event=VIEW)) + b"\n"
    for i in range(0, len(line), 50):
        peer.raw(line[i : i + 50])
        client.pump(1)
    peer.raw(line + line)
    assert len(pumped(client, lambda views: len(views) >= 2)) in (2, 3)


def test_an_intent_reaches_the_daemon(client: Client, peer: Any) -> None:
    client.send(Intent(name="language", value="en"), 1)
    request = peer.request()
    assert request.do == Intent(name="language", value="en")
    assert request.id > 1


@pytest.mark.parametrize(
    "line",
    [
        b"", b"null", b"{", b"[]", b'{"id":1}', b'{"id":"x","event":{}}', b'{"id":1,"event":{}}',
        b'{"id":1,"event":{"revision":"x"}}', b"\xff\xfe\x00", b'{"id":1,"event":null}',
        b'{"id":2,"result":{}}',
        b'{"id":2,"error":{"code":"busy","message":"later","hint":""}}',
        b'{"id":1,"event":' + b"[" * 5000,
    ],
)  # fmt: skip
def test_a_malformed_line_is_passed_over(client: Client, peer: Any, line: bytes) -> None:
    peer.raw(line + b"\n")
    peer.show(VIEW)
    assert pumped(client, len) == [VIEW]
    assert client.connected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_it(client: Client, peer: Any, data: bytes) -> None:
    peer.raw(data + b"\n")
    peer.show(VIEW)
    assert pumped(client, len)[-1] == VIEW


def test_an_endless_line_ends_the_connection_not_the_client(client: Client, peer: Any) -> None:
    with pytest.raises(BrokenPipeError):
        flood(client, peer)
    peer.hang_up()
    pumped(client, lambda _: client.connected)
    peer.accept()
    peer.show(VIEW)
    assert pumped(client, len) == [VIEW]


def flood(client: Client, peer: Any) -> None:
    for _ in range(4 * MAX_LINE_BYTES // 65_536):
        peer.raw(b"x" * 65_536)
        client.pump(time.monotonic())


def test_it_comes_back_when_the_daemon_does(client: Client, peer: Any) -> None:
    peer.show(VIEW)
    pumped(client, len)
    peer.vanish()
    pumped(client, lambda _: not client.connected)
    client.send(Intent(name="language", value="en"), 1)
    peer.listen()
    pumped(client, lambda _: client.connected)
    peer.accept()
    peer.show(VIEW)
    assert pumped(client, len) == [VIEW]


def test_it_tries_once_a_second_when_nobody_is_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(tmp_path / "nobody.sock")
    with caplog.at_level("DEBUG"):
        for tick in range(2000):
            client.pump(tick / 100)
    assert 18 <= len(caplog.records) <= 25
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


def test_a_folder_too_deep_for_a_socket_address_works(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a-rather-long-name"] * 10)
    deep.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        with address_of(deep / "ui.sock") as address:
            listener.bind(address)
        listener.listen()
        client = Client(deep / "ui.sock")
        client.pump(0)
        assert client.connected
        client.close()
