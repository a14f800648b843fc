"""`kioskctl status`: the state of everything in one document."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk.core import api
from kiosk.core.config import KioskConfig
from kiosk.core.policy_faults import Found, unknown_people
from kiosk.core.zone import local
from kiosk.daemon import damage
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.ledger_source import DESTINATION
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.store import StoreReader

ENGINE_S = 120.0


class StatusSource:
    """Collects the status; any thread."""

    def __init__(
        self, config: Callable[[], KioskConfig], engine: Engine, core: CoreState, hub: ViewHub,
        board: DeviceBoard, book: RuleBook, software: str, device_problems: Callable[[], Sequence[str]],
    ) -> None:  # fmt: skip
        self._config, self._engine, self._core = config, engine, core
        self._hub, self._board = hub, board
        self._book, self._software = book, software
        self._device_problems = device_problems
        self._since_s = time.monotonic()

    def read(self) -> api.Status:
        """The whole status."""
        view = self._hub.view
        with StoreReader.open(Path(self._config().state_dir)) as reader:
            ledgers = reader.ledgers()
            head = ledgers[-1]
            counts = reader.counts()
            ledger = api.LedgerStatus(
                head.ledger_id,
                head.seq,
                head.hash.hex(),
                reader.cursor(DESTINATION, head.ledger_id),
                head.previous.ledger_id if head.previous else "",
            )
        return api.Status(
            software=self._software,
            device_id=self._config().device.id,
            tenant=self._config().device.tenant,
            site=self._config().site.name,
            state_dir=str(Path(self._config().state_dir).resolve()),
            local_time=f"{local(self._core.clock.now().wall_ms, view.site.zone):%Y-%m-%d %H:%M:%S %Z}",
            centre_key=self._config().sync.centre_key,
            uptime_s=int(time.monotonic() - self._since_s),
            ready=self._engine.alive,
            simulated=tuple(d.name for d in view.devices if d.simulated),
            ledger=ledger,
            link=view.link,
            clock=view.clock,
            devices=view.devices,
            people=counts.people,
            fingers=counts.fingers,
            punches_today=view.today,
            policy=self._book.policy.version,
            roster=self._book.versions.roster,
            refused=dict(self._core.refusals.totals),
            problems=self._problems(),
        )

    def _problems(self) -> tuple[str, ...]:
        view = self._hub.view
        words = [f"{d.name}: {self._board.info(d.name)}" for d in view.devices if d.status == "fault"]
        if view.clock.source == "none":
            words.append("clock: not trustworthy; connect a network with NTP, or set an RTC")
        if view.link.status == "waiting_approval":
            words.append(f"centre: run `hadir-centre approve {self._config().device.id}` there")
        elif view.link.status in ("offline", "refused"):
            words.append(
                f"centre: {view.link.status}, {view.link.backlog} records wait here; nothing is lost"
            )
        words += [*self._rule_problems(), *self._device_problems()]
        words += damage.problems(Path(self._config().state_dir))
        if view.fault:
            words.append(f"kiosk: {view.fault}")
        return tuple(words)

    def _rule_problems(self) -> list[str]:
        """Files that were passed over, and people whom the policy names and nobody has entered."""
        book, store = self._book, self._core.store

        def strangers() -> list[Found]:
            return unknown_people(book.policy, lambda n: store.person_by_number(n) is not None)

        return [
            *(f"{fault}\n  the last good one stays in force" for fault in book.faults),
            *(
                f"policy {book.policy.version}: {words}"
                for _, words in self._engine.submit(strangers).result(ENGINE_S)
            ),
        ]
