"""What a connection is told and what it tells. `link` is the `Link` an event came from, for identity only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["5", "3.1.1"]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and how to speak to it.

    `clock_off_ms` is what to add to the system's clock for the true time, by which certificates' dates are
    judged; None while nobody knows: then they do not count.
    """

    host: str
    port: int
    client_id: str
    username: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    clock_off_ms: int | None = 0
    keepalive_s: int = 60
    receive_max: int = 20
    manual_ack: bool = False


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us, retained, when we vanish."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Up:
    """The broker let us in; at most `send_max` publishes may wait for its PUBACK."""

    link: object
    send_max: int
    max_packet_bytes: int


@dataclass(frozen=True, slots=True)
class Down:
    """The connection ended or never was; `cause` is a word of `sync.causes`."""

    link: object
    cause: str
    detail: str


@dataclass(frozen=True, slots=True)
class Message:
    """Something came in; with `manual_ack` it must be given to `Link.settle`."""

    link: object
    topic: str
    payload: bytes
    retain: bool
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The broker took publish `mid`; `cause` is empty or says why it did not."""

    link: object
    mid: int
    cause: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered our subscriptions; `refused` counts those it did not grant."""

    link: object
    refused: int


LinkEvent = Up | Down | Message | Taken | Subscribed
