"""What the technician looks at on the glass; changing it is `kioskctl`'s, over SSH."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api
from kiosk.core.record import BadRecordError, decode_body
from kiosk.core.zone import ZoneName
from ui.flows import asking, first_run
from ui.panes import Listing, Row, Seconds, Tile, say
from ui.stage import moment as moment_of
from ui.visit import Flow, Known

NEWEST = 100
TOLD = ("device", "state", "cause", "method", "code", "what", "action", "reason", "after", "after_source",
        "detail", "info")  # fmt: skip


def network(known: Callable[[], Known]) -> Flow[None]:
    """The way to the centre."""
    status = yield from asking.ask(api.GetStatus(), api.Status)
    link, ledger = status.link, status.ledger
    yield from asking.browse(Listing(say("menu.network"), (
        Row(say("link.label"), end=say(f"link.{link.status}"), icon="online"),
        Row(say("tech.backlog"), end=f"{link.backlog}", icon="waiting"),
        Row(say("tech.accepted"), end=f"{ledger.accepted} / {ledger.seq}", icon="saved"),
        Row(say("tech.device"), say("tech.tenant", name=status.tenant), status.device_id, icon="id"),
    )))  # fmt: skip


def devices(known: Callable[[], Known]) -> Flow[None]:
    """Readers, terminals, cameras."""
    rows = []
    for device in known().view.devices:
        bad = device.status == "fault"
        detail = say(f"cause.{device.cause}") if bad else say(f"device.{device.kind}")
        icon = (
            "plug"
            if bad
            else "finger"
            if device.kind == "reader"
            else "camera"
            if device.kind == "camera"
            else "id"
        )
        rows.append(
            Row(device.name, detail, say(f"status.{device.status}"), icon=icon, tone="bad" if bad else "ok")
        )
    yield from asking.browse(Listing(say("menu.readers"), tuple(rows), empty=say("device.none")))


def clock(known: Callable[[], Known]) -> Flow[None]:
    """What time it is, and who says so."""
    status = yield from asking.ask(api.GetStatus(), api.Status)
    seconds = Seconds(abs(status.clock.offset_ms) // 1000)
    rows = (
        Row(say("tech.time"), end=status.local_time, icon="clock"),
        Row(say("tech.source"), end=say(f"source.{status.clock.source}"), icon="saved"),
        Row(say("tech.offset"), end=say("tech.seconds", duration=seconds), icon="question_clock"),
    )
    yield from asking.browse(Listing(say("menu.clock"), rows, keys=(Tile("set", "clock", say("clock.set")),)))
    yield from first_run.set_clock(known)


def diagnostics(known: Callable[[], Known]) -> Flow[None]:
    """What is wrong, first; then the figures of the kiosk."""
    status = yield from asking.ask(api.GetStatus(), api.Status)
    wrong = tuple(Row(problem, icon="warning", tone="bad") for problem in status.problems)
    fine = (Row(say("tech.fine"), icon="check", tone="ok"),)
    yield from asking.browse(Listing(say("menu.diagnostics"), (
        *(wrong or fine),
        Row(say("tech.people"), end=f"{status.people} / {status.fingers}", icon="people"),
        Row(say("tech.ledger"), end=f"{status.ledger.seq}", icon="saved"),
        Row(say("tech.policy"), end=status.policy, icon="sheet"),
        Row(say("tech.software"), end=status.software, icon="tools"),
        Row(say("tech.uptime"), end=say("tech.seconds", duration=Seconds(status.uptime_s)), icon="power"),
    )))  # fmt: skip


def log(known: Callable[[], Known]) -> Flow[None]:
    """The newest records of the ledger, as it keeps them: what happened, in the technician's own terms."""
    status = yield from asking.ask(api.GetStatus(), api.Status)
    after = max(0, status.ledger.seq - NEWEST)
    page = yield from asking.ask(api.GetLedger(after_seq=after, limit=NEWEST), api.LedgerPage)
    rows = tuple(_record(body.encode(), known().view.site.zone) for _, body, _ in reversed(page.records))
    yield from asking.browse(Listing(say("menu.log"), rows, say("log.of", n=status.ledger.seq)))


def _record(body: bytes, zone: ZoneName) -> Row:
    try:
        record = decode_body(body)
    except BadRecordError:
        return Row(say("log.unreadable"), icon="warning", tone="bad")
    told = [value for key in TOLD if isinstance(value := record.data.get(key), str) and value]
    bad = record.type == "refusal" or "fault" in told
    moment = f"{moment_of(record.at.wall_ms, zone):%d/%m %H:%M:%S}" + ("" if record.at.trusted else " ?")
    return Row(f"{record.seq} {record.type}", " · ".join(told), moment, tone="bad" if bad else None,
               icon="warning" if bad else "dot")  # fmt: skip
