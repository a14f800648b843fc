"""Certificates on both sides, a clock that knows nothing, and further brokers; each with real Mosquitto."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sync.events import LinkChanged
from sync.publisher import Publisher
from tests.sync.authority import Authority
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import Kiosk, Mosquitto, free_port, until

NOBODY = "00" * 32


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def broker(rig: Rig, authority: Authority, more: str = "", days: tuple[int, int] = (-1, 1)) -> Mosquitto:
    settings = authority.certify("localhost", days)
    return rig.broker(f"allow_anonymous true\n{settings}\ncafile {authority.file}\n{more}")


def kiosk_of(rig: Rig, authority: Authority, port: int, **config: object) -> Kiosk:
    settings = {"host": "localhost", "ca_file": str(authority.file), "retry_max_s": 1.0}
    return rig.kiosk(Book(), port, NOBODY, **(settings | config)).start()


def cause(kiosk: Kiosk) -> str:
    said = kiosk.seen(LinkChanged)
    return said[-1].cause if said and said[-1].status == "offline" else ""


def is_online(kiosk: Kiosk) -> bool:
    return kiosk.status() == "online"


def test_an_expired_certificate_is_named_and_counts_once_it_is_replaced(
    rig: Rig, authority: Authority
) -> None:
    own = authority.own("kiosk-1", (-3, -1))
    port = broker(rig, authority, "require_certificate true").port
    kiosk = kiosk_of(rig, authority, port, **own)
    until(lambda: cause(kiosk) == "certificate_expired")
    authority.own("kiosk-1", (-1, 1))
    until(lambda: is_online(kiosk))


def test_a_broker_that_wants_a_certificate_lets_nobody_in_without(rig: Rig, authority: Authority) -> None:
    kiosk = kiosk_of(rig, authority, broker(rig, authority, "require_certificate true").port)
    until(lambda: cause(kiosk) == "certificate_missing")


def test_a_stolen_kiosks_certificate_is_refused(rig: Rig, authority: Authority) -> None:
    stolen, revoked = authority.own("kiosk-1", (-1, 1), serial=66), authority.revoke(66)
    port = broker(rig, authority, f"require_certificate true\ncrlfile {revoked}").port
    kiosk = kiosk_of(rig, authority, port, **stolen)
    until(lambda: cause(kiosk) == "certificate_revoked")
    authority.own("kiosk-1", (-1, 1), serial=67)
    until(lambda: is_online(kiosk))


def test_a_clock_that_knows_nothing_does_not_judge_dates_until_it_does(
    rig: Rig, authority: Authority
) -> None:
    port = broker(rig, authority, days=(-3, -1)).port  # expired, or so it seems after a power cut
    known, book = threading.Event(), Book()
    kiosk = rig.kiosk(book, port, NOBODY, host="localhost", ca_file=str(authority.file))
    kiosk.publisher = Publisher(
        kiosk.publisher._config, kiosk.publisher._device, lambda: book, book.hello(), kiosk._event,
        clock_off_ms=lambda: 0 if known.is_set() else None,
    )  # fmt: skip
    kiosk.start()
    until(lambda: is_online(kiosk))
    known.set()
    kiosk.publisher.restate()
    until(lambda: cause(kiosk) == "tls_expired")


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("days", "off_days", "expected"),
    [
        ((-1, 1), 0, ""), ((-3650, -3640), -3645, ""), ((3640, 3650), 3645, ""),
        ((-1, 1), 3650, "tls_expired"), ((-1, 1), -3650, "tls_not_yet_valid"),
    ],
)  # fmt: skip
def test_dates_are_judged_by_the_kiosks_clock_not_by_the_systems(
    rig: Rig, authority: Authority, days: tuple[int, int], off_days: int, expected: str
) -> None:
    """A kiosk without NTP may know the time from elsewhere while the system's clock is years off."""
    port = broker(rig, authority, days=days).port
    kiosk = rig.kiosk(Book(), port, NOBODY, host="localhost", ca_file=str(authority.file))
    kiosk.publisher = Publisher(
        kiosk.publisher._config, kiosk.publisher._device, lambda: kiosk.book, kiosk.book.hello(),
        kiosk._event, clock_off_ms=lambda: off_days * DAY_MS,
    )  # fmt: skip
    kiosk.start()
    until(lambda: cause(kiosk) == expected if expected else is_online(kiosk))


def test_the_name_is_judged_even_without_a_clock(rig: Rig, authority: Authority) -> None:
    settings = authority.certify("elsewhere", (-1, 1))
    port = rig.broker(f"allow_anonymous true\n{settings}").port
    book = Book()
    kiosk = rig.kiosk(book, port, NOBODY, host="localhost", ca_file=str(authority.file))
    kiosk.publisher = Publisher(
        kiosk.publisher._config, kiosk.publisher._device, lambda: book, book.hello(), kiosk._event,
        clock_off_ms=lambda: None,
    )  # fmt: skip
    kiosk.start()
    until(lambda: cause(kiosk) == "tls_wrong_name")


def test_when_a_broker_is_gone_the_next_of_the_list_is_tried(rig: Rig) -> None:
    first, second = rig.broker(), rig.broker()
    centre = rig.centre(second.port)
    centre.start()
    book = Book()
    book.punches(50)
    nowhere = free_port()
    kiosk = rig.kiosk(
        book, first.port, centre.key, brokers=(f"127.0.0.1:{nowhere}", f"127.0.0.1:{second.port}")
    ).start()
    until(lambda: is_online(kiosk))
    first.kill()
    until(kiosk.delivered)
    assert centre.sound()
