"""Between the publisher and the engine: the ledger as a source, and what the centre says as records."""

from __future__ import annotations

import logging
import time
from collections import deque

from kiosk.core.payload import LedgerPoint
from kiosk.core.record import ZERO_HASH
from kiosk.core.verify import Anchor
from kiosk.core.view import LinkStatus, LinkView
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.down import Down
from kiosk.daemon.engine import Engine
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.ledger_source import DESTINATION
from sync import events

log = logging.getLogger(__name__)
LATELY_S = 120.0
MOST_ENDS = 64
LONGEST_ROUND_MS = 600_000  # of a stick: half of it is the uncertainty of the time it brings
ENDED_BY_BROKER = ("closed", "taken_over")


class Delivery:
    """Turns the publisher's events into work for the engine; called on the publisher's thread."""

    def __init__(self, engine: Engine, core: CoreState, hub: ViewHub) -> None:
        self.down: Down | None = None
        """Takes what comes down; nothing comes before the publisher is started."""
        self._engine, self._core, self._hub = engine, core, hub
        self._status: LinkStatus = "connecting"
        self.sent: dict[str, int] = {}  # the last seq of each ledger that was handed to the broker
        self.rewound: dict[str, int] = {}  # up to where the centre still has what it acknowledged once
        self.cause = ""  # why it is not online: a word of docs/protocol.md
        self._ended: deque[float] = deque(maxlen=MOST_ENDS)

    def event(self, event: events.SyncEvent) -> None:
        """Never blocks and never raises."""
        match event:
            case events.LinkChanged():
                self._status, self.cause = event.status, event.cause
                if event.cause in ENDED_BY_BROKER:
                    self._ended.append(time.monotonic())
                self._engine.post(self.show_link)
            case events.Sent():
                self.sent[event.ledger_id] = event.upto
            case events.Acked():
                self._engine.post(lambda: self._acked(event))
            case events.HeadDiffers():
                self._engine.post(lambda: self._head_differs(event))
            case events.Refused() | events.Inbound():
                self._came_down(event)
            case events.Rewound():
                self.rewound[event.ledger_id] = event.upto
                self._engine.post(self.show_link)

    def _came_down(self, event: events.Refused | events.Inbound) -> None:
        if self.down is None:
            return
        if isinstance(event, events.Inbound):
            self.down.put(event)
        else:
            self.down.refused(event.topic, event.reason)

    def ends(self) -> int:
        """How often the broker has ended the connection in the last two minutes; from any thread."""
        since_s = time.monotonic() - LATELY_S
        return sum(at_s > since_s for at_s in tuple(self._ended))

    def show_link(self) -> None:
        """Put the link's state and the backlog on the screen; on the engine's thread."""
        store = self._core.store
        backlog = sum(
            max(0, i.deliver_upto - min(self.rewound.get(i.ledger_id, i.seq), at))
            for i in store.ledgers()
            for at in (store.cursor(DESTINATION, i.ledger_id),)
        )
        self._hub.link(LinkView(self._status, backlog))

    def _acked(self, ack: events.Acked) -> None:
        core = self._core
        self._learn_time(ack)
        word = Anchor(ack.ledger_id, ack.upto, ack.hash, ack.time_ms, ack.nonce, ack.sig)
        at = core.store.move_cursor(DESTINATION, ack.ledger_id, ack.upto, word)
        if ack.ledger_id in self.rewound:
            self.rewound[ack.ledger_id] = max(self.rewound[ack.ledger_id], ack.upto)
            if self.rewound[ack.ledger_id] >= at:
                del self.rewound[ack.ledger_id]
        core.clock_moved()
        self.show_link()

    def _learn_time(self, ack: events.Acked) -> None:
        """The centre's clock was read somewhere in the round trip; a stick's mostly tells a lower bound."""
        core, rtt_ms = self._core, ack.rtt_ms
        if (
            ack.sent_boot_ms is None
            or rtt_ms is None
            or (ack.road == "courier" and rtt_ms > LONGEST_ROUND_MS)
        ):
            core.clock.seen(ack.time_ms)
            return
        half_ms = rtt_ms // 2 + 1
        core.timekeeper.learn(ack.road, ack.time_ms, ack.sent_boot_ms + half_ms, half_ms)

    def _head_differs(self, event: events.HeadDiffers) -> None:
        store = self._core.store
        if event.ledger_id != store.head.ledger_id:
            return
        log.error(
            "the centre has another history of this ledger (up to %d): opening a new ledger linked at %d",
            event.centre_seq, event.common_seq,
        )  # fmt: skip
        common = event.common_seq if event.common_seq >= 0 else store.cursor(DESTINATION, event.ledger_id)
        point = LedgerPoint(
            event.ledger_id, common, (store.hash_at(event.ledger_id, common) or ZERO_HASH).hex()
        )
        store.reopen_linked("restored", point, common + 1, self._core.clock.now())
        self._core.journal.new_ledger()
