"""What the publisher tells the daemon; called from the publisher's own thread."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.core.view import LinkStatus

Road = Literal["centre", "courier"]
"""How an acknowledgement came: as a source of time they are ranked apart."""


class LinkChanged(msgspec.Struct, frozen=True):
    """The way to the centre changed; `cause` is a word of docs/protocol.md, empty when all is well."""

    status: LinkStatus
    cause: str


class Acked(msgspec.Struct, frozen=True, kw_only=True):
    """The centre has committed everything up to `upto`: signature, nonce and our own hash agree.

    `time_ms` is the centre's clock (UTC) somewhere between our boot clock's `sent_boot_ms` (`None`: it was
    sent in an earlier boot) and `received_boot_ms`. `hash`, `sig`, `nonce` are hex, to be kept as an anchor.
    """

    ledger_id: str
    upto: int
    hash: str
    time_ms: int
    nonce: str
    sig: str
    sent_boot_ms: int | None
    received_boot_ms: int
    road: Road = "centre"

    @property
    def rtt_ms(self) -> int | None:
        """Time from handing the batch to the broker's link, or to the stick, to its acknowledgement."""
        return None if self.sent_boot_ms is None else self.received_boot_ms - self.sent_boot_ms


class HeadDiffers(msgspec.Struct, frozen=True):
    """The centre holds another history of this ledger, or a longer one: open a linked ledger.

    Both histories agree up to `common_seq` (-1 where the centre could not say) with `common_hash`.
    """

    ledger_id: str
    centre_seq: int
    centre_hash: str
    common_seq: int
    common_hash: str


class Rewound(msgspec.Struct, frozen=True):
    """The centre no longer has what it acknowledged; everything after `upto` is delivered again."""

    ledger_id: str
    upto: int


class Sent(msgspec.Struct, frozen=True):
    """Handed to the broker up to here: a hint for the screen, no more."""

    ledger_id: str
    upto: int


class Refused(msgspec.Struct, frozen=True):
    """Something that came in was not taken."""

    topic: str
    reason: str


class Inbound(msgspec.Struct, frozen=True):
    """A roster or command with the centre's good signature; `body` is its JSON text.

    `retained`: the broker had kept it; an older one than is in force is then no news, not an attempt.
    """

    kind: Literal["roster", "command", "template"]
    body: str
    retained: bool = False


SyncEvent = LinkChanged | Acked | HeadDiffers | Rewound | Sent | Refused | Inbound
