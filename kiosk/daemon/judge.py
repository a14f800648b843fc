"""The verdict on somebody at a moment, made with what is known here about them."""

from __future__ import annotations

from kiosk.core import payload, rules
from kiosk.core.config import KioskConfig
from kiosk.core.record import TimeBlock
from kiosk.daemon.history import history_before
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.store import PersonState, Store


class Judge:
    """Used on the engine's thread only."""

    def __init__(self, store: Store, config: KioskConfig, book: RuleBook) -> None:
        self._store, self._book = store, book
        self.zone = config.site.zone
        self.place = place_of(config)

    @property
    def versions(self) -> payload.Versions:
        """Of the rules in force."""
        return self._book.versions

    def verdict(self, person: PersonState, at: TimeBlock, method: payload.Method) -> rules.Verdict:
        """What the rules say to `person` at `at`, whatever has been written since. Raises `StoreError`."""
        return rules.decide(
            self._store.subject_of(person),
            rules.Event(at, self.zone, method),
            history_before(self._store, person.person_id, at),
            self._book.policy,
            self._book.calendar,
        )


def place_of(config: KioskConfig) -> payload.Place:
    """The site as a punch keeps it."""
    site = config.site
    return payload.Place(
        site=site.id,
        lat_e7=None if site.latitude is None else round(site.latitude * 10_000_000),
        lon_e7=None if site.longitude is None else round(site.longitude * 10_000_000),
    )
