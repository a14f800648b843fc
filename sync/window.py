"""The batches under way on one connection, and the nonces by which answers are known."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sync.batching import Packed, Span

REMEMBERED_NONCES = 256


@dataclass(slots=True)
class Flight:
    """A batch under way. `taken_at` is when the broker took it: only from then its timer runs."""

    span: Span
    mid: int
    sent_at: float
    acked_before: int
    taken_at: float | None = None

    def upload_s(self, now: float) -> float:
        """How long the broker took to have it; at least as long as until `now` when it has not."""
        return (now if self.taken_at is None else self.taken_at) - self.sent_at


class Window:
    """Flights in the order of their records; `send` hands a payload to the broker's link."""

    def __init__(self, send: Callable[[bytes], int | None], clock: Callable[[], float]) -> None:
        self.flights: list[Flight] = []
        self._send = send
        self._clock = clock
        self._send_max = 1
        self._nonces: OrderedDict[str, Flight] = OrderedDict()
        self._untaken: set[int] = set()

    def connected(self, send_max: int) -> None:
        """A new connection, on which at most `send_max` packets may wait for the broker."""
        self.flights.clear()
        self._untaken.clear()
        self._nonces.clear()
        self._send_max = send_max

    @property
    def waiting(self) -> int:
        """How many packets the broker still has to take."""
        return len(self._untaken)

    def has_room(self, size: int) -> bool:
        """Whether one more batch may go, with `size` allowed."""
        return len(self.flights) < size and self.waiting < self._send_max

    def send(self, packed: Packed, acked_before: int) -> Flight | None:
        """Hand a batch to the broker; its payload is not kept, it can be read again."""
        mid = self._send(packed.payload)
        if mid is None:
            return None
        flight = Flight(packed.span, mid, self._clock(), acked_before)
        self._untaken.add(mid)
        self._nonces[packed.span.nonce] = flight
        while len(self._nonces) > REMEMBERED_NONCES:
            self._nonces.popitem(last=False)
        return flight

    def taken(self, mid: int) -> Flight | None:
        """The broker took a packet: whose timer runs now, if it still matters."""
        self._untaken.discard(mid)
        flight = next((flight for flight in self.flights if flight.mid == mid), None)
        if flight:
            flight.taken_at = self._clock()
        return flight

    def asked(self, nonce: str, ledger_id: str) -> Flight | None:
        """The flight an answer belongs to, also one given up meanwhile."""
        flight = self._nonces.get(nonce)
        return flight if flight and flight.span.ledger_id == ledger_id else None

    def landed(self, upto: int) -> None:
        """Everything up to `upto` has arrived."""
        self.flights = [flight for flight in self.flights if flight.span.upto > upto]

    def starting_at(self, seq: int) -> int | None:
        """The place in `flights` of the batch that begins with `seq`."""
        return next((i for i, flight in enumerate(self.flights) if flight.span.from_seq == seq), None)

    def overdue_at(self, timeout_s: float) -> float | None:
        """When the oldest flight counts as lost; `None` while the broker has not even taken it."""
        if not self.flights or self.flights[0].taken_at is None:
            return None
        return self.flights[0].taken_at + timeout_s
