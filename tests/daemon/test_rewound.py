"""A centre that lost its database: what it held is not shown as accepted until it says so again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from kiosk.core import payload
from kiosk.core.api import GetPunches
from kiosk.daemon.delivery import Delivery
from kiosk.daemon.engine import Engine
from sync import events
from tests.daemon.test_down_roster import Core


class Inline:
    """Does at once what the engine's thread would."""

    def post(self, task: Callable[[], Any]) -> None:
        task()


def test_what_the_centre_lost_is_not_shown_as_accepted(tmp_path: Path) -> None:
    core = Core(tmp_path).state
    delivery = Delivery(cast("Engine", Inline()), core, core.hub)
    person = payload.Person(person_id="p", category="PNS", active=True, source="operator")
    core.journal.note(person, punch(), punch())
    ledger_id, last = core.store.head.ledger_id, core.store.head.seq

    def shown() -> list[str]:
        page = core.store.punches(GetPunches(), "WIB", delivery.sent, lost=delivery.rewound)
        return [row.delivery for row in page.punches]

    assert shown() == ["stored", "stored"]
    delivery.event(acked(core, last))
    assert shown() == ["accepted", "accepted"]
    delivery.event(events.Rewound(ledger_id, last - 1))
    assert shown() == ["stored", "accepted"]
    assert core.hub.view.link.backlog == core.store.head.seq - (last - 1)
    delivery.event(events.Sent(ledger_id, last))
    assert shown() == ["sent", "accepted"]
    delivery.event(acked(core, core.store.head.seq))
    assert (shown(), core.hub.view.link.backlog) == (["accepted", "accepted"], 0)
    core.end("test")


def punch() -> payload.Punch:
    return payload.Punch(
        person_id="p", method="finger", device="r", grade="B", shown=payload.Shown("on_time", "in"),
        place=payload.Place("s"), versions=payload.Versions("p", "c", "r"),
    )  # fmt: skip


def acked(core: Any, upto: int) -> events.Acked:
    ledger_id = core.store.head.ledger_id
    return events.Acked(
        ledger_id=ledger_id, upto=upto, hash=core.store.hash_at(ledger_id, upto).hex(),
        time_ms=1_790_000_000_000, nonce="n", sig="00", sent_boot_ms=1, received_boot_ms=2,
    )  # fmt: skip
