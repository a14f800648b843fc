"""How much to send at once and how long to wait for the centre: learned from its answers.

Timeouts as TCP's (RFC 6298). The link and the centre are told apart: how long the broker takes to have a
batch says what the link can carry and sets a batch's size, so that one of 64 kbit/s is never flooded; how
long the answer takes sets how many are under way. A busy centre then gets fewer batches, not smaller ones,
which would cost it more. A timeout closes the window to one.
"""

from __future__ import annotations

FLOOR_TIMEOUT_S = 1.0
SMALLEST_BATCH_BYTES = 4_096
FIRST_BATCH_BYTES = 16_384
SLOW_S = 4.0
QUICK_S = 1.0


class Pace:
    """The state of one connection's learning; times in seconds."""

    def __init__(self, window: int, batch_bytes: int, first_timeout_s: float, max_timeout_s: float) -> None:
        self._max_window = window
        self._max_bytes = batch_bytes
        self._first_timeout_s = first_timeout_s
        self.max_timeout_s = max_timeout_s
        self._floor_s = min(FLOOR_TIMEOUT_S, first_timeout_s)
        self.window = 1
        self.batch_bytes = min(FIRST_BATCH_BYTES, batch_bytes)
        self.timeouts = 0
        self._smooth_s: float | None = None
        self._spread_s = 0.0

    @property
    def timeout_s(self) -> float:
        """How long an answer may take before the batch counts as lost."""
        if self._smooth_s is None:
            usual = self._first_timeout_s
        else:
            usual = max(self._floor_s, self._smooth_s + 4 * self._spread_s)
        return min(self.max_timeout_s, usual * 2.0 ** min(self.timeouts, 16))

    def acknowledged(self, rtt_s: float, upload_s: float) -> None:
        """A batch was answered after `rtt_s`; the broker had it after `upload_s`."""
        if self._smooth_s is None:
            self._smooth_s, self._spread_s = rtt_s, rtt_s / 2
        else:
            self._spread_s += (abs(self._smooth_s - rtt_s) - self._spread_s) / 4
            self._smooth_s += (rtt_s - self._smooth_s) / 8
        self.timeouts = 0
        if rtt_s < QUICK_S:
            self.window = min(self._max_window, self.window + 1)
        elif rtt_s > SLOW_S:
            self.window = max(1, self.window - 1)
        self._uploaded(upload_s)

    def timed_out(self, upload_s: float) -> None:
        """No answer came in time to a batch that the broker had after `upload_s`."""
        self.timeouts += 1
        self.window = 1
        if upload_s > SLOW_S:
            self._uploaded(upload_s)

    def _uploaded(self, upload_s: float) -> None:
        if upload_s > SLOW_S:
            self.batch_bytes = max(SMALLEST_BATCH_BYTES, self.batch_bytes // 2)
        elif upload_s < QUICK_S:
            self.batch_bytes = min(self._max_bytes, self.batch_bytes * 2)

    def limit_bytes(self, most: int) -> None:
        """The broker takes no larger messages than this."""
        self._max_bytes = max(SMALLEST_BATCH_BYTES, min(self._max_bytes, most))
        self.batch_bytes = min(self.batch_bytes, self._max_bytes)
