"""Recap, explanation and the own record: the same figures, from the same replay."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import msgspec

from kiosk.core import api, desk
from kiosk.core.recap import Frame
from kiosk.core.view import FlowView
from kiosk.core.zone import local
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.recap_child import Order, recap_of
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import StoreReader
from kiosk.report.files import KINDS, Kind

CHILD_S = 300.0


class Recaps:
    """Reads beside the engine, never on it."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {
            desk.GetRecap: self.recap, desk.CarryRecap: self.carry, desk.Explain: self.explain,
            desk.GetMyRecord: self.mine,
        }  # fmt: skip

    def recap(self, command: desk.GetRecap, actor: Actor) -> msgspec.Raw:
        """Made in a child and handed on as it comes: a month of 13,000 people must not hold up a punch."""
        return msgspec.Raw(self._made(command, actor))

    def carry(self, command: desk.CarryRecap, actor: Actor) -> desk.Carried:
        """As files on the stick that is in the kiosk, or the next one."""
        wanted = desk.GetRecap(period=command.period, day=command.day, unit=command.unit)
        made = self._made(wanted, actor, KINDS)
        files = msgspec.json.decode(made, type=dict[str, bytes])
        paths = tuple(self._parts.carry(files, command.wait_s))
        self._parts.admin(
            actor, "carry_recap", detail=f"{command.period} {command.day} {command.unit}".rstrip()
        )
        return desk.Carried(paths)

    def _made(self, command: desk.GetRecap, actor: Actor, files: tuple[Kind, ...] = ()) -> bytes:
        parts = self._parts
        _day(command.day)
        person_id = parts.person(command.number).person_id if command.number else ""
        parts.looked(actor, f"recap {command.period} {command.day} {command.unit}".rstrip(), person_id)
        order = Order(
            state_dir=str(parts.state_dir), site=parts.config.site.name, zone=parts.config.site.zone,
            now_ms=parts.now().wall_ms, policy=parts.policy, calendar=parts.calendar, wanted=command,
            files=files,
        )  # fmt: skip
        try:
            done = subprocess.run(
                (sys.executable, "-m", "kiosk.daemon.recap_child"), input=msgspec.json.encode(order),
                capture_output=True, check=False, timeout=CHILD_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            refuse("timeout", f"the recap took more than {CHILD_S:g} s", "ask for one unit, or a week")
        if done.returncode:
            refuse(
                "failed", done.stderr.decode(errors="replace").strip()[-300:], "see `journalctl -u kioskd`"
            )
        return done.stdout

    def explain(self, command: desk.Explain, actor: Actor) -> desk.Explained:
        """One day of one person, line by line."""
        parts, day = self._parts, _day(command.day)
        person = parts.person(command.number)
        parts.looked(actor, f"explain {command.day}", person.person_id)
        with StoreReader.open(parts.state_dir) as reader:
            made = recap_of(reader, person, [day], self._frame())
        line = made.days[0]
        head = f"{person.name}, {day}, aturan {parts.policy.version}, kalender {parts.calendar.version}"
        state = f"hasil: {line.status}{' (sementara)' if line.provisional else ''}"
        return desk.Explained(
            name=person.name,
            day=day.isoformat(),
            lines=(head, *line.why, *made.totals.why, state),
            recap=made,
        )

    def mine(self, command: desk.GetMyRecord, actor: Actor) -> desk.MyRecord:
        """Of whoever's finger comes next."""
        parts = self._parts
        came = parts.waiting.finger(
            FlowView(name="my_record", step="finger"), command.wait_s, lambda one: True
        )
        today = local(parts.now().wall_ms, parts.config.site.zone).date()
        days = [today - timedelta(days=n) for n in reversed(range(command.days))]
        parts.looked(Actor(came.person.person_id), "my_record", came.person.person_id)
        with StoreReader.open(parts.state_dir) as reader:
            made = recap_of(reader, came.person, days, self._frame())
            rows = reader.punches(
                api.GetPunches(limit=500, number=came.person.number), parts.config.site.zone
            ).punches
            rulings = reader.rulings(came.person.person_id)
        shown = tuple(
            _my_punch(row, *rulings.get((row.ledger_id, row.seq), ("", "")))
            for row in rows
            if row.local[:10] >= days[0].isoformat()
        )
        return desk.MyRecord(
            name=came.person.name, first=days[0].isoformat(), last=today.isoformat(),
            late_s=made.totals.late_s, punches=shown, recap=made,
            receipt=self._receipt(came.person.number, days[0], today, len(shown)),
        )  # fmt: skip

    def _receipt(self, number: str, first: date, last: date, count: int) -> str:
        """What a QR code holds: the head hash fixes every record before it; signed as `hadir-receipt-v1`."""
        parts = self._parts
        head = parts.on_engine(lambda: parts.core.store.head)
        words = "|".join(
            ("HADIR1", parts.config.device.id, number, str(first), str(last), str(count), head.ledger_id,
             str(head.seq), head.hash.hex())
        )  # fmt: skip
        signature = parts.keys.sign(f"hadir-receipt-v1\n{words}\n".encode())
        return f"{words}|{signature}"

    def _frame(self) -> Frame:
        parts = self._parts
        return Frame(parts.policy, parts.calendar, parts.config.site.zone, parts.now().wall_ms)


def _my_punch(row: api.PunchRow, ruling: str, note: str) -> desk.MyPunch:
    return desk.MyPunch(
        seq=row.seq, local=row.local, code=row.shown.code, direction=row.shown.direction,
        late_s=row.shown.late_s, delivery=row.delivery, ruling=ruling, ruling_note=note,
    )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse("bad_request", f"{text!r} is no day", "2026-01-31")
