"""Finding a terminal again after its address has changed: its serial number stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_interface

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, Rejected
from drivers.zk.line import Patience
from drivers.zk.session import VENDOR_ERRORS, Session, translate
from drivers.zk.tcp import TcpLine
from drivers.zk.udp import UdpLine

LOGGER = logging.getLogger(__name__)
_AT_ONCE = 32
_PROBE_S = 0.7
_ERRORS: tuple[type[Exception], ...] = (DeviceError, *VENDOR_ERRORS)


def neighbours(host: str, prefix: int = 24) -> Iterator[str]:
    """Every address of the network that `host` is in, `host` itself first."""
    yield host
    for address in ip_interface(f"{host}/{prefix}").network.hosts():
        if str(address) != host:
            yield str(address)


def find_by_serial(
    serial: str, hosts: Iterable[str], *, port: int = 4370, comm_key: int = 0, tcp: bool = True
) -> str | None:
    """The host at which the terminal with this serial number answers, or None.

    Asks 32 hosts at a time for at most 0.7 s each to connect: a network of 254 takes some 6 s.
    """
    with ThreadPoolExecutor(_AT_ONCE, "zk-find") as pool:
        asked = {host: pool.submit(serial_at, host, port, comm_key, tcp=tcp) for host in hosts}
        return next((host for host, answer in asked.items() if answer.result() == serial), None)


def serial_at(host: str, port: int = 4370, comm_key: int = 0, *, tcp: bool = True) -> str | None:
    """The serial number of the terminal at `host`, or None when none answers or it refuses the comm key."""
    patience = Patience(connect_s=_PROBE_S) if tcp else Patience(answer_s=_PROBE_S)
    try:
        line = (TcpLine if tcp else UdpLine)((host, port), patience)
    except DeviceError:
        return None
    try:
        return _ask(Session(line, (host, port), comm_key))
    except _ERRORS as error:
        reason = error if isinstance(error, DeviceError) else translate("find", error)
        level = logging.INFO if isinstance(reason, Rejected) else logging.DEBUG
        LOGGER.log(level, "%s:%d is not the terminal sought: %s", host, port, reason)
        return None
    finally:
        line.close()


def _ask(session: Session) -> str:
    session.line.deadline = Deadline.after(2 * session.line.patience.answer_s)
    session.login()
    serial = session.serial()
    session.logout()
    return serial
