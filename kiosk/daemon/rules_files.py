"""The policy and the calendar from their files; a bad one leaves the last good one in force."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kiosk.core.checked import BadFileError, read_text
from kiosk.core.config import KioskConfig
from kiosk.core.payload import Versions
from kiosk.core.policy import Calendar, Policy
from kiosk.core.policy_file import read_calendar, read_policy
from kiosk.daemon.durable import write_durably

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force, and the faults of files that were passed over for it."""

    policy: Policy
    calendar: Calendar
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CentreRules:
    """What roster `version` of the centre says; `None`: the kiosk's own file is in force."""

    version: int
    policy: Policy | None = None
    calendar: Calendar | None = None


class RuleBook:
    """The rules in force. Replaced whole, on the engine's thread; whoever judges asks it each time.

    Those of the centre, where there are any, go before the kiosk's own files.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.centre: CentreRules | None = None

    @property
    def own(self) -> Rules:
        """The kiosk's own files, whether they are in force or not."""
        return self._rules

    @property
    def policy(self) -> Policy:
        """When people are due."""
        return (self.centre and self.centre.policy) or self._rules.policy

    @property
    def calendar(self) -> Calendar:
        """The days that are no working days."""
        return (self.centre and self.centre.calendar) or self._rules.calendar

    @property
    def faults(self) -> tuple[str, ...]:
        """Of files that were passed over for the last good ones."""
        return self._rules.faults

    @property
    def versions(self) -> Versions:
        """What a punch keeps of them."""
        roster = str(self.centre.version) if self.centre else "local"
        return Versions(policy=self.policy.version, calendar=self.calendar.version, roster=roster)

    def replace(self, rules: Rules) -> None:
        """These count from now on."""
        self._rules = rules


def load_rules(config: KioskConfig, folder: Path) -> Rules:
    """Read both files, keep copies of good ones. Raises `BadFileError`, `OSError` without a good one."""
    faults: list[str] = []
    kept = Path(config.state_dir) / "rules"
    policy = _load(folder / config.policy_file, kept / "policy.toml", read_policy, faults)
    calendar = Calendar()
    if config.calendar_file:
        calendar = _load(folder / config.calendar_file, kept / "calendar.toml", read_calendar, faults)
    return Rules(policy, calendar, tuple(faults))


def _load(path: Path, good: Path, read: Callable[[str, str], T], faults: list[str]) -> T:
    try:
        raw = path.read_bytes()
        rules = read(read_text(raw, str(path)), str(path))
    except (BadFileError, OSError) as error:
        if not good.exists():
            raise
        faults.append(str(error))
        log.error("%s cannot be used; the last good one stays in force:\n%s", path, error)
        return read(good.read_text(encoding="utf-8"), str(good))
    _keep(good, raw)
    return rules


def _keep(good: Path, raw: bytes) -> None:
    try:
        if not good.exists() or good.read_bytes() != raw:
            good.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            write_durably(good, raw)
    except OSError as error:  # a full or failing card: the file itself is good, and the store says the rest
        log.warning("no copy of %s was kept: %s", good.name, error)
