"""The verdict on somebody at a moment, made with what is known here about them."""

from __future__ import annotations

from kiosk.core import payload, rules
from kiosk.core.config import KioskConfig
from kiosk.core.policy import Calendar, Policy
from kiosk.core.record import TimeBlock
from kiosk.daemon.history import history_before
from kiosk.daemon.store import PersonState, Store


class Judge:
    """Used on the engine's thread only."""

    def __init__(self, store: Store, config: KioskConfig, policy: Policy, calendar: Calendar) -> None:
        self._store, self._policy, self._calendar = store, policy, calendar
        self.zone = config.site.zone
        self.versions = payload.Versions(policy=policy.version, calendar=calendar.version, roster="local")
        self.place = place_of(config)

    def verdict(self, person: PersonState, at: TimeBlock, method: payload.Method) -> rules.Verdict:
        """What the rules say to `person` at `at`, whatever has been written since. Raises `StoreError`."""
        return rules.decide(
            self._store.subject_of(person),
            rules.Event(at, self.zone, method),
            history_before(self._store, person.person_id, at),
            self._policy,
            self._calendar,
        )


def place_of(config: KioskConfig) -> payload.Place:
    """The site as a punch keeps it."""
    site = config.site
    return payload.Place(
        site=site.id,
        lat_e7=None if site.latitude is None else round(site.latitude * 10_000_000),
        lon_e7=None if site.longitude is None else round(site.longitude * 10_000_000),
    )
