"""Go-back-N: which batches are under way, and what an answer, or its absence, means.

No thread and no socket: the publisher gives it the ledger, a clock and a way to send, and tells it
what came back. Nothing of a batch is kept but its place, so memory is flat with any backlog.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core.view import LinkStatus
from sync.acceptance import acked, differs, is_ours
from sync.batching import Packed, Packer, Span, body_bytes
from sync.events import Refused, Rewound, Sent, SyncEvent
from sync.pace import Pace
from sync.positions import Positions
from sync.source import LedgerSource, Row
from sync.stretch import Stretch
from sync.window import Flight, Window
from sync.wire import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES, Ack

GAP_ANSWERS = 3
APPROVAL_PROBE_S = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the centre takes us, as far as its answers, or their absence, tell."""

    status: LinkStatus
    cause: str


WELL = Standing("online", "")


class Delivery:
    """The window over one device's ledgers; `clock` counts seconds since boot."""

    def __init__(
        self,
        source: LedgerSource,
        packer: Packer,
        pace: Pace,
        send: Callable[[bytes], int | None],
        emit: Callable[[SyncEvent], None],
        clock: Callable[[], float],
    ) -> None:
        self.pace = pace
        self.standing = WELL
        self._source = source
        self._packer = packer
        self._emit = emit
        self._clock = clock
        self._positions = Positions(source, clock)
        self._window = Window(send, clock)
        self._ledger_id = ""
        self._next: tuple[int, bytes] = (0, b"")
        self._end = 0
        self._gap_answers = 0
        self._heard = False
        self._quiet_until = 0.0

    def connected(self, send_max: int) -> None:
        """A new connection: what was under way on the old one is forgotten, and we ask anew.

        The broker takes at most `send_max` packets at a time.
        """
        self._window.connected(send_max)
        self._quiet_until = 0.0
        self._heard = False
        self.standing = WELL
        self._go_back()

    def hurry(self) -> None:
        """The ledgers changed so much that a refusal may no longer hold: ask again at once."""
        self._quiet_until = 0.0

    @property
    def idle(self) -> bool:
        """Whether the centre is known to have every record there is."""
        stretch = self._positions.active()
        if not self._heard or self._window.flights or stretch is None:
            return False
        return self._positions.acked(stretch.ledger_id) >= stretch.end

    @property
    def untaken(self) -> bool:
        """Whether the broker still has to take something."""
        return self._window.waiting > 0

    def barred(self, cause: str) -> None:
        """The broker lets us in but not at our topics."""
        self._hold(Standing("refused", cause), self.pace.max_timeout_s)

    def sent_upto(self, ledger_id: str) -> int:
        """The last seq of a ledger that was handed to the broker on this connection."""
        return self._next[0] if ledger_id == self._ledger_id else self._positions.acked(ledger_id)

    def pump(self) -> None:
        """Send what the window allows; when there is nothing to send, ask once where the centre stands."""
        if self._clock() < self._quiet_until:
            return
        stretch = self._positions.active()
        if stretch is None:
            return
        self._aim(stretch)
        while self._window.has_room(self.pace.window):
            rows = self._rows(stretch)
            if not rows and (self._heard or self._window.flights):
                return
            packed = self._packer.pack(
                stretch.ledger_id, self._next, rows, stretch.end, self.pace.batch_bytes
            )
            flight = self._launched(packed)
            if flight is None:
                return
            self._window.flights.append(flight)
            self._next = (packed.span.upto, packed.span.hash)
            self._emit(Sent(packed.span.ledger_id, packed.span.upto))

    def taken(self, mid: int, cause: str) -> None:
        """The broker took packet `mid`, or says by `cause` why it did not."""
        if self._window.taken(mid) is None:
            return
        if cause == "no_centre":
            self.standing = Standing("online", cause)
        elif cause:
            self.barred(cause)

    def next_deadline(self) -> float | None:
        """When `tick` or `pump` has something to do, in the clock's seconds."""
        if self._clock() < self._quiet_until:
            return self._quiet_until
        return self._window.overdue_at(self.pace.timeout_s)

    def again_from(self, ledger_id: str, from_seq: int) -> None:
        """The centre asks for the records of a ledger from `from_seq` on, whatever it has acknowledged."""
        if from_seq <= self._positions.acked(ledger_id):
            self._positions.rewind(ledger_id, from_seq - 1)
            self._emit(Rewound(ledger_id, from_seq - 1))
            self._go_back()

    def tick(self) -> None:
        """Notice that an answer is overdue and begin again after the last acknowledged record."""
        overdue_at = self._window.overdue_at(self.pace.timeout_s)
        if overdue_at is None or self._clock() < overdue_at:
            return
        self.pace.timed_out(self._window.flights[0].upload_s(self._clock()))
        if self.pace.timeouts > 1 and self.standing == WELL:
            self.standing = Standing("online", "no_answer")
        self._go_back()

    def answered(self, ack: Ack, topic: str) -> None:
        """The centre answered; the caller has checked its signature."""
        flight = self._window.asked(ack.nonce, ack.ledger_id)
        if flight is None:
            self._emit(Refused(topic, "foreign_nonce"))
        elif ack.status == "ok":
            self._acknowledged(ack, flight)
        elif ack.status == "waiting_approval":
            self._hold(Standing("waiting_approval", ""), min(APPROVAL_PROBE_S, self.pace.max_timeout_s))
        elif ack.status == "refused":
            self._refused(ack)
        else:
            self._differs(ack)

    def _aim(self, stretch: Stretch) -> None:
        acked = self._positions.acked(stretch.ledger_id)
        if self._ledger_id != stretch.ledger_id or self._next[0] < acked:
            self._window.flights.clear()
            self._ledger_id = stretch.ledger_id
            self._next = (acked, self._source.hash_at(stretch.ledger_id, acked))
        self._end = stretch.end

    def _rows(self, stretch: Stretch) -> list[Row]:
        count = min(MAX_BATCH_RECORDS, stretch.end - self._next[0])
        if count <= 0:
            return []
        most = body_bytes(self.pace.batch_bytes)
        return self._source.records(stretch.ledger_id, self._next[0], most, count)

    def _acknowledged(self, ack: Ack, flight: Flight) -> None:
        if not is_ours(ack, self._source):
            self._differs(ack)
            return
        self.standing = WELL
        if ack.upto < flight.acked_before:
            self._rewind(ack)
            return
        now = self._clock()
        if ack.upto > self._positions.acked(ack.ledger_id) or not self._heard:
            self._positions.advance(ack.ledger_id, max(ack.upto, self._positions.acked(ack.ledger_id)))
            self._gap_answers = 0
            self._emit(acked(ack, round(flight.sent_at * 1000), round(now * 1000)))
        self._heard = True
        if ack.upto >= flight.span.upto:
            self.pace.acknowledged(now - flight.sent_at, flight.upload_s(now))
        elif ack.upto < flight.span.from_seq - 1 and flight in self._window.flights:
            self._gap(ack.upto)
        self._window.landed(ack.upto)

    def _gap(self, upto: int) -> None:
        """The centre keeps what follows a gap: after some such answers only the gap is sent again."""
        self._gap_answers += 1
        if self._gap_answers != GAP_ANSWERS:
            return
        place = self._window.starting_at(upto + 1)
        again = None if place is None else self._once_more(self._window.flights[place].span)
        if place is None or again is None:
            self._go_back()
        else:
            self._window.flights[place] = again

    def _once_more(self, missing: Span) -> Flight | None:
        upto = missing.from_seq - 1
        prev = (upto, self._source.hash_at(missing.ledger_id, upto))
        count = missing.upto - upto
        rows = self._source.records(missing.ledger_id, upto, MAX_MESSAGE_BYTES, count)
        packed = self._packer.pack(missing.ledger_id, prev, rows, self._end, MAX_MESSAGE_BYTES)
        return self._launched(packed) if packed.span.upto == missing.upto else None

    def _launched(self, packed: Packed) -> Flight | None:
        return self._window.send(packed, self._positions.acked(packed.span.ledger_id))

    def _rewind(self, ack: Ack) -> None:
        """Only a centre that lost records answers with less than it had when we asked."""
        self._positions.rewind(ack.ledger_id, ack.upto)
        self._emit(Rewound(ack.ledger_id, ack.upto))
        self._go_back()

    def _refused(self, ack: Ack) -> None:
        if not self._set_aside(ack.ledger_id):
            self._hold(Standing("refused", ack.reason), self.pace.max_timeout_s)

    def _set_aside(self, ledger_id: str) -> bool:
        """An older ledger the centre does not take must not keep the current one waiting."""
        stretch = self._positions.active()
        if stretch and stretch.current and stretch.ledger_id == ledger_id:
            return False
        self._positions.set_aside(ledger_id, self._clock() + self.pace.max_timeout_s)
        self._go_back()
        return True

    def _differs(self, ack: Ack) -> None:
        if ack.status == "ahead" and is_ours(ack, self._source):
            return
        if ack.status == "ahead" and not self._positions.is_current(ack.ledger_id):
            return  # the next ledger's genesis says where we left it
        if ack.status != "ahead" and self._set_aside(ack.ledger_id):
            return
        self._emit(differs(ack))
        self._hold(Standing("refused", "head_differs"), self.pace.max_timeout_s)

    def _hold(self, standing: Standing, quiet_s: float) -> None:
        self.standing = standing
        self.pace.window = 1
        self._heard = False
        self._quiet_until = self._clock() + quiet_s
        self._go_back()

    def _go_back(self) -> None:
        self._window.flights.clear()
        self._ledger_id = ""
        self._gap_answers = 0
