"""A person's punches before a moment, in the order they happened, also when they were written later.

A terminal's rows may arrive days late: then the latest written is not the latest that happened.
"""

from __future__ import annotations

from kiosk.core.record import TimeBlock
from kiosk.core.rules import Past
from kiosk.daemon.store import Store

TERMINAL_BOOT = "terminal:"
"""How the `boot_id` begins of what a terminal's own clock has timed."""


def history_before(store: Store, person_id: str, at: TimeBlock, limit: int = 8) -> list[Past]:
    """What `rules.decide` wants to know about `at`: earlier punches, newest last. Raises `StoreError`."""
    written = store.recent_punches(person_id, limit)
    timed = store.recent_punches(person_id, limit, before_ms=at.wall_ms)
    merged = [past for past in timed if past not in written] + written
    return _by_time([past for past in merged if _is_before(past.at, at)])[-limit:]


def _is_before(past: TimeBlock, at: TimeBlock) -> bool:
    if past.boot_id == at.boot_id:
        return past.boot_ms <= at.boot_ms
    claimed = not at.boot_id
    if (past.trusted and at.trusted) or claimed or _of_terminal(past) or _of_terminal(at):
        return past.wall_ms <= at.wall_ms
    return True


def _by_time(pasts: list[Past]) -> list[Past]:
    """Sorted by time, where the kiosk's own with an uncertain clock come no earlier than the one before."""
    latest_ms = 0
    timed: list[tuple[int, Past]] = []
    for past in pasts:
        at_ms = past.at.wall_ms
        if not _of_terminal(past.at):
            latest_ms = at_ms = at_ms if past.at.trusted else max(at_ms, latest_ms)
        timed.append((at_ms, past))
    return [past for _, past in sorted(timed, key=lambda entry: entry[0])]


def _of_terminal(at: TimeBlock) -> bool:
    return at.boot_id.startswith(TERMINAL_BOOT)
