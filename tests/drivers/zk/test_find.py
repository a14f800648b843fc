"""A terminal that DHCP gave another address is found again by its serial number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import find_by_serial, neighbours

HOSTS = [f"127.0.5.{last}" for last in range(1, 60)]


@pytest.fixture
def port() -> Iterator[int]:
    """Three terminals at 127.0.5.7, .21 (another comm key) and .40, on one port."""
    with ExitStack() as stack:
        first = stack.enter_context(ZkEmulator(Model(serial="A"), host="127.0.5.7"))
        for host, serial, key in (("127.0.5.21", "B", 99), ("127.0.5.40", "C", 0)):
            model = Model(serial=serial, comm_key=key)
            stack.enter_context(ZkEmulator(model, host=host, port=first.port))
        yield first.port


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
def test_found_by_serial_number(port: int, tcp: bool) -> None:
    assert find_by_serial("C", HOSTS, port=port, tcp=tcp) == "127.0.5.40"
    assert find_by_serial("A", HOSTS, port=port, tcp=tcp) == "127.0.5.7"
    assert find_by_serial("B", HOSTS, port=port, tcp=tcp, comm_key=99) == "127.0.5.21"


def test_not_found(port: int) -> None:
    assert find_by_serial("D", HOSTS, port=port) is None
    assert find_by_serial("B", HOSTS, port=port, comm_key=98) is None


def test_neighbours() -> None:
    hosts = list(neighbours("192.168.1.201"))
    assert hosts[0] == "192.168.1.201"
    assert len(hosts) == len(set(hosts)) == 254
    assert list(neighbours("10.0.0.1", 30)) == ["10.0.0.1", "10.0.0.2"]
