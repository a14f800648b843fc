"""Brokers and strangers that lie, refuse or talk nonsense: nothing is believed, nothing dies."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from kiosk.core.sign import message_statement
from sync.centre.keys import CentreKey, make_key
from sync.events import Acked, Inbound, LinkChanged, Refused, SyncEvent
from sync.wire import MAX_ACK_BYTES, PROTOCOL, Ack, Batch, Signed, decode, encode
from tests.sync.authority import Authority
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import Kiosk, until


def publish(port: int, topic: str, payload: bytes) -> None:
    argv = ["mosquitto_pub", "-p", str(port), "-q", "1", "-t", topic, "-s"]
    subprocess.run(argv, input=payload, check=True)


def next_batch(port: int, book: Book) -> Batch:
    argv = ["mosquitto_sub", "-p", str(port), "-t", book.name.up("ledger"), "-C", "1", "-W", "10"]
    return decode(subprocess.run(argv, capture_output=True, check=True).stdout, Batch)


def ack(key: CentreKey, batch: Batch, nonce: str) -> bytes:
    unsigned = Ack(
        v=PROTOCOL, ledger_id=batch.ledger_id, upto=batch.head.seq, hash=batch.head.hash, time_ms=1,
        nonce=nonce, status="ok", sig="",
    )  # fmt: skip
    return encode(msgspec.structs.replace(unsigned, sig=key.sign(unsigned.statement())))


def test_forged_acknowledgements_move_nothing_and_are_reported(rig: Rig, tmp_path: Path) -> None:
    broker = rig.broker()
    centre, thief = make_key(tmp_path / "centre.key"), make_key(tmp_path / "thief.key")
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.public_hex).start()
    batch = next_batch(broker.port, book)
    topic = book.name.down("ack")
    publish(broker.port, topic, ack(thief, batch, batch.nonce))
    until(lambda: Refused(topic, "signature") in kiosk.seen(Refused))
    publish(broker.port, topic, ack(centre, batch, "00" * 16))
    until(lambda: Refused(topic, "foreign_nonce") in kiosk.seen(Refused))
    altered = decode(ack(centre, batch, batch.nonce), Ack)
    publish(broker.port, topic, encode(msgspec.structs.replace(altered, time_ms=2)))
    until(lambda: len([e for e in kiosk.seen(Refused) if e.reason == "signature"]) == 2)
    publish(broker.port, topic, b"x" * (MAX_ACK_BYTES + 1))
    until(lambda: Refused(topic, "too_large") in kiosk.seen(Refused))
    publish(broker.port, topic, b"nonsense")
    until(lambda: Refused(topic, "malformed") in kiosk.seen(Refused))
    assert kiosk.seen(Acked) == []
    batch = next_batch(broker.port, book)
    publish(broker.port, topic, ack(centre, batch, batch.nonce))
    until(kiosk.delivered)


def test_only_what_the_centre_signed_comes_in(rig: Rig, tmp_path: Path) -> None:
    broker = rig.broker()
    centre, thief = make_key(tmp_path / "centre.key"), make_key(tmp_path / "thief.key")
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.public_hex).start()
    until(lambda: kiosk.status() == "online")

    def command(key: CentreKey, device: str) -> bytes:
        body = '{"do":"show"}'
        sig = key.sign(message_statement("command", book.name.tenant, device, body))
        return encode(Signed(PROTOCOL, body, key.public_hex, sig))

    topic = book.name.down("command")
    for key, device in ((thief, "kiosk-1"), (centre, "kiosk-2")):
        publish(broker.port, topic, command(key, device))
    until(lambda: kiosk.seen(Refused) == [Refused(topic, "signature")] * 2)
    publish(broker.port, topic, command(centre, "kiosk-1"))
    until(lambda: kiosk.seen(Inbound) == [Inbound("command", '{"do":"show"}')])


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_broker_that_does_not_let_us_publish(rig: Rig, tmp_path: Path, protocol: str) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read hadir/#\n", encoding="ascii")
    broker = rig.broker(f"allow_anonymous true\nacl_file {acl}")
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32, protocol=protocol, ack_timeout_s=0.2).start()
    said = LinkChanged("refused", "not_authorized") if protocol == "5" else LinkChanged("online", "no_answer")
    until(lambda: said in kiosk.seen(LinkChanged))


def test_a_broker_that_wants_a_password(rig: Rig, tmp_path: Path) -> None:
    password = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(password), "kiosk-1", "rahasia"], check=True)
    broker = rig.broker(f"allow_anonymous false\npassword_file {password}")
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32).start()
    until(lambda: LinkChanged("refused", "not_authorized") in kiosk.seen(LinkChanged))
    secret = tmp_path / "secret"
    secret.write_text("rahasia\n", encoding="utf-8")
    let_in = rig.kiosk(Book(), broker.port, "00" * 32, username="kiosk-1", password_file=str(secret)).start()
    until(lambda: let_in.status() == "online")


def test_with_nobody_listening_it_says_so(rig: Rig) -> None:
    broker = rig.broker()
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32).start()
    until(lambda: LinkChanged("online", "no_centre") in kiosk.seen(LinkChanged))


@contextmanager
def babbling(answers: bytes) -> Iterator[int]:
    """A server that greets as a broker does and then says `answers`."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            client.recv(4096)
            client.sendall(bytes.fromhex("20030000 00") + answers)
            with client:
                done.wait(0.3)

    threading.Thread(target=serve, daemon=True).start()
    yield int(server.getsockname()[1])
    done.set()
    server.close()


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(b"\xf0\xff\xff\xff\xff\xff", id="endless length"),
        pytest.param(b"\x30\x00", id="publish without topic"),
        pytest.param(b"\x30\x06\x00\x02\xff\xfe\x00x", id="topic that is not text"),
        pytest.param(b"\x40\x01\x00", id="short puback"),
        pytest.param(b"\x90\x00", id="empty suback"),
        pytest.param(b"\x20\x00", id="empty connack"),
    ],
)
def test_nonsense_from_a_broker_never_ends_the_publisher(rig: Rig, answers: bytes) -> None:
    with babbling(answers) as port:
        kiosk = rig.kiosk(Book(), port, "00" * 32, protocol="5").start()
        until(lambda: [e.status for e in kiosk.seen(LinkChanged)].count("offline") >= 2)
        assert kiosk.stop()


def test_an_exception_on_our_side_does_not_end_delivery(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's own handler raises at the first acknowledgement: the session begins anew."""
    monkeypatch.setattr("sync.publisher.RESTART_S", 0.2)
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    book = Book()
    kiosk = Failing(book, broker.port, centre.key).start()
    until(kiosk.delivered)
    assert LinkChanged("offline", "failed") in kiosk.seen(LinkChanged)
    assert kiosk.stop()


class Failing(Kiosk):
    failed = False

    def _event(self, event: SyncEvent) -> None:
        if isinstance(event, Acked) and not self.failed:
            self.failed = True
            raise RuntimeError("the daemon stumbled")
        super()._event(event)


def test_without_a_host_it_is_off(rig: Rig) -> None:
    kiosk = rig.kiosk(Book(), 1883, "00" * 32, host="").start()
    until(lambda: kiosk.seen(LinkChanged) == [LinkChanged("off", "")])
    kiosk.punch()
    assert kiosk.stop()


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        ("localhost", (-1, 1), LinkChanged("online", "no_centre")),
        ("localhost", (-2, -1), LinkChanged("offline", "tls_expired")),
        ("localhost", (1, 2), LinkChanged("offline", "tls_not_yet_valid")),
        ("elsewhere", (-1, 1), LinkChanged("offline", "tls_wrong_name")),
    ],
)
def test_each_way_tls_can_fail_has_its_own_word(
    rig: Rig, tmp_path: Path, name: str, days: tuple[int, int], said: LinkChanged
) -> None:
    authority = Authority(tmp_path)
    broker = rig.broker(f"allow_anonymous true\n{authority.certify(name, days)}")
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32, host="localhost", ca_file=str(authority.file)).start()
    until(lambda: said in kiosk.seen(LinkChanged))


def test_a_broker_of_another_authority_is_not_believed(rig: Rig, tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()
    theirs = Authority(tmp_path / "theirs")
    broker = rig.broker(f"allow_anonymous true\n{theirs.certify('localhost', (-1, 1))}")
    ours = Authority(tmp_path / "ours")
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32, host="localhost", ca_file=str(ours.file)).start()
    until(lambda: LinkChanged("offline", "tls_unknown_ca") in kiosk.seen(LinkChanged))


def test_a_missing_password_file_is_named_and_looked_for_again(rig: Rig, tmp_path: Path) -> None:
    broker = rig.broker()
    secret = tmp_path / "secret"
    kiosk = rig.kiosk(Book(), broker.port, "00" * 32, username="k", password_file=str(secret)).start()
    until(lambda: LinkChanged("offline", "unreadable_file") in kiosk.seen(LinkChanged))
    secret.write_text("x", encoding="utf-8")
    until(lambda: kiosk.status() == "online")


def test_stopping_does_not_wait_for_a_broker_that_never_answers(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kiosk = rig.kiosk(Book(), silent.getsockname()[1], "00" * 32).start()
        until(lambda: kiosk.status() == "connecting")
        assert kiosk.publisher.stop(2.0)
