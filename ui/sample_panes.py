"""Made-up panes, one of each kind of question and list, for screenshots, tests and the eye."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from kiosk.core.courier import CourierState, CourierVisit, SealOut
from kiosk.core.desk import MyPunch, MyRecord
from kiosk.core.recap import PersonRecap, Totals
from ui.flows import courier
from ui.flows.enrol import FINGERS
from ui.flows.people import ABSENCES, DEEDS
from ui.flows.punches import CATEGORIES
from ui.flows.raised import BY_ROLE, PARTS
from ui.panes import (
    Busy,
    Choice,
    Entry,
    Listing,
    Moment,
    Pane,
    Reading,
    Record,
    Row,
    Sealed,
    Seconds,
    Shown,
    Tile,
    Told,
    say,
)

NAME = "Dr. H. Ahmad Fauzi Nasution, S.Pd., M.M."
NIP = "197805122005011003"
_DAY = date(2026, 11, 23)
_PEOPLE = (
    NAME,
    "Dewi Lestari Wulandari, S.Si.",
    "Siti Aminah, S.Pd.",
    "Yohanes Wenda",
    "Ayu Puspitasari",
    "Bambang Sutrisno, M.Pd.",
    "Ni Luh Putu Sri Handayani",
    "Rahmat Hidayat",
    "Maria Goreti",
)
_CONSENT = (
    "Persetujuan pemrosesan data pribadi (versi 2026-1)",
    """Alat ini menyimpan nama, nomor kepegawaian, templat sidik jari dan/atau wajah, foto saat absen, \
waktu dan tempat absen Anda. Tujuannya hanya mencatat kehadiran dan membuat rekap untuk kantor kepegawaian. \
Templat disandikan, tidak dapat dijadikan gambar jari kembali, dan dihapus bila Anda berhenti atau meminta. \
Anda dapat menolak dan absen dengan PIN, foto dan saksi. Saya telah membaca dan menyetujui.""",
)
RECEIPT = "HADIR1|" + "|".join(
    ("3f9a1c2e7b604d58", NIP, "20261025", "20261123", "1284", "a1" * 32, "b2" * 64)
)

CHALLENGE = "|".join(("HADIRPIN1", "solok-selatan", "smpn3-sungai-pagu", "c3" * 32, "48210937"))


_SEAL = SealOut(
    text="|".join((
        "HADIRSEAL1", "jember", "smpn3-gerbang", "2026-11-23", "10201", "184", "a1" * 16, "10384", "b2" * 32,
        "c3" * 64,
    )),
    day="2026-11-23", first=10_201, last=10_384, count=184, ledger_id="a1" * 16, head="b2" * 32,
)  # fmt: skip
_COURIER = CourierState(
    records=1_204, photos=310, exported=1_180, folder="/run/hadir/stick", present=True, centre_known=True,
    visits=tuple(
        CourierVisit(
            export=f"{n}" * 32, stick="3fa90c12" * 4, at_ms=0, records=1_180 - n, photos=300, size_bytes=1,
            answered=n > 0,
        )
        for n in range(3)
    ),
)  # fmt: skip


def _punch(number: int) -> MyPunch:
    day, morning = _DAY - timedelta(days=number // 2), number % 2 == 1
    late_s = 437 if number % 7 == 3 else 0
    values: dict[str, Any] = {
        "seq": 1284 - number,
        "local": f"{day} {'06:52:14' if morning else '14:05:30'}",
        "late_s": late_s,
        "code": "late" if late_s else "on_time" if morning else "out",
        "direction": "in" if morning else "out",
        "delivery": "stored" if number < 2 else "sent" if number < 3 else "accepted",
    }
    return msgspec.convert(values, MyPunch)


def _record() -> MyRecord:
    totals = Totals(due=22, present=20, incomplete=1, absent=1, late_days=3, late_s=4375)
    recap = PersonRecap(person_id="1", number=NIP, name=NAME, category="PNS", unit="", days=(), totals=totals)
    return MyRecord(
        name=NAME,
        first="2026-10-25",
        last="2026-11-23",
        late_s=4375,
        recap=recap,
        receipt=RECEIPT,
        punches=tuple(map(_punch, range(42))),
    )


def _menu(role: str) -> Choice:
    tiles = tuple(Tile(n, PARTS[n][0], say(f"menu.{n}"), 3 if n == "queue" else 0) for n in BY_ROLE[role])
    return Choice(say("menu.of", name=NAME), tiles)


def _days(title: str) -> Choice:
    days = [_DAY - timedelta(days=back) for back in range(9)]
    return Choice(NAME, tuple(Tile(f"{d}", "calendar", say("day.named", date=d)) for d in days), say(title))


_ANSWERS = (Tile("refuse", "cross", say("consent.refuse")), Tile("agree", "check", say("consent.agree")))
_VERDICT = (Tile("reject", "cross", say("queue.reject")), Tile("accept", "check", say("queue.accept")))
_SEARCH = (Tile("add", "plus", say("people.add")), Tile("search", "search", say("people.search")))
_LETTER = "800/123/BKPSDM/2026"

PANES: dict[str, Pane] = {
    "busy": Busy(say("busy.title")),
    "busy_stick": Busy(say("stick.plug"), can_end=True),
    "pin_number": Entry(say("pin.title"), say("entry.number"), text=NIP[:15]),
    "pin_number_wrong": Entry(
        say("pin.title"), say("entry.number"), text=NIP, problem=say("number.appointment_month")
    ),
    "pin_secret": Entry(say("pin.title"), say("entry.pin"), text="123456", secret=True, least=6, most=12),
    "first_run": Reading(
        say("first.title"),
        (say("first.1"), say("first.2"), say("first.3")),
        (Tile("go", "next", say("first.go")),),
    ),
    "pin_raise": Entry(
        say("raise.title"),
        say("entry.pin"),
        secret=True,
        least=6,
        most=12,
        other=Tile("lost", "question_clock", say("raise.lost")),
    ),
    "pin_lost": Shown(
        NAME, "4821 0937", (say("reset.1"), say("reset.2")), CHALLENGE, (Tile("go", "next", say("reset.go")),)
    ),
    "pin_new": Entry(
        NAME, say("entry.new_pin"), secret=True, least=6, most=12, problem=say("entry.pin_easy")
    ),
    "pin_locked": Told(
        "bad", "closed", say("said.not_allowed"), say("pin.title"), (say("said.wait", duration=Seconds(80)),)
    ),
    "no_witness": Told("help", "waiting", say("said.timeout"), say("pin.title"), (say("said.timeout.1"),)),
    "special": Choice(
        say("special.title"),
        tuple(Tile(c, icon, say(f"category.{c}")) for c, icon in CATEGORIES),
        say("special.lead"),
    ),
    "letter": Entry(
        say("category.field_duty"), say("special.letter"), "letters", _LETTER, case="upper", most=60
    ),
    "symbols": Entry(say("category.field_duty"), say("special.note"), "letters", least=0, symbols=True),
    "told": Told("ok", "check", say("pin.set"), NAME),
    "queued": Told("unsure", "waiting", say("verdict.queued"), NAME, (say("special.queued.1"),)),
    "my_record": Record(_record()),
    "my_record_page": Record(_record(), first=4),
    "my_record_empty": Record(msgspec.structs.replace(_record(), punches=(), late_s=0)),
    "seal": Sealed(_SEAL),
    "stick_menu": courier.listing_of(_COURIER, courier.KEYS),
    "menu_operator": _menu("operator"),
    "menu_head": _menu("head"),
    "menu_technician": _menu("technician"),
    "people": Listing(
        say("menu.people"),
        tuple(
            Row(n, f"{NIP} · SMPN 3 Sungai Pagu", value=f"row{i}", icon="finger")
            for i, n in enumerate(_PEOPLE)
        ),
        say("people.total", n=412),
        keys=_SEARCH,
    ),
    "person": Choice(NAME, tuple(Tile(deed, icon, say(f"deed.{deed}")) for deed, icon in DEEDS), NIP),
    "withdraw": Reading(
        NAME,
        (say("withdraw.1"), say("withdraw.2"), say("withdraw.3")),
        (Tile("no", "back", say("key.cancel")), Tile("yes", "check", say("deed.withdraw"), tone="bad")),
    ),
    "fingers": Choice(NAME, tuple(Tile(f, "finger", say(f"finger.{f.replace('-', '_')}")) for f in FINGERS)),
    "consent": Reading(NAME, _CONSENT, _ANSWERS, whole=True),
    "absence": Choice(
        NAME, tuple(Tile(a, icon, say(f"absence.{a}")) for a, icon in ABSENCES), say("absence.lead")
    ),
    "absence_day": _days("absence.first"),
    "paper_day": _days("paper.day"),
    "paper_time": Entry(NAME, say("paper.time"), text="2460", most=4, problem=say("paper.no_time")),
    "queue": Listing(
        say("menu.queue"),
        tuple(
            Row(
                n,
                say("queue.row", time=Moment("2026-11-23 06:52"), what=say("category.field_duty")),
                value=f"row{i}",
                icon="waiting",
            )
            for i, n in enumerate(_PEOPLE[:3])
        ),
    ),
    "queue_empty": Listing(say("menu.queue"), (), empty=say("queue.empty")),
    "queue_one": Reading(
        NAME,
        (
            say("queue.when", time=Moment("2026-11-23 06:52")),
            say("queue.what", what=say("category.field_duty")),
            say("queue.letter", text=_LETTER),
            say("queue.note", text="Mengantar siswa ke lomba sains kabupaten"),
        ),
        _VERDICT,
    ),
    "today": Listing(
        say("menu.today"),
        tuple(
            Row(n, say("short.late", duration=Seconds(437)), "06:52", icon="clock_late", tone="late")
            for n in _PEOPLE
        ),
        say("today.total", n=27),
    ),
    "presence_list": Listing(
        say("menu.presence"),
        (Row("10:15", say("presence.counts", confirmed=31, rest=6, excused=3), value="row0", icon="check"),),
        keys=(Tile("call", "bell", say("presence.call")),),
    ),
    "presence_call": Choice(
        say("presence.call"),
        tuple(
            Tile(f"{s}", "clock", say("presence.window", duration=Seconds(s))) for s in (300, 600, 900, 1800)
        ),
        say("presence.call.lead"),
    ),
    "recap": Listing(
        say("recap.week"),
        tuple(
            Row(
                n,
                say("recap.sums", present=5, absent=1, away=0),
                say("recap.late", duration=Seconds(4375)),
                f"row{i}",
            )
            for i, n in enumerate(_PEOPLE)
        ),
        say("recap.from", first="23/11/2026", last="29/11/2026"),
        keys=(Tile("carry", "stick", say("recap.carry")),),
    ),
    "readers": Listing(
        say("menu.readers"),
        (
            Row("reader", say("cause.timeout"), say("status.fault"), icon="plug", tone="bad"),
            Row("gerbang", say("device.terminal"), say("status.ready"), icon="id", tone="ok"),
        ),
    ),
    "log": Listing(
        say("menu.log"),
        (
            Row("1284 punch", "r307 · finger", "23/11 06:52:14", icon="dot"),
            Row("1283 refusal", "r307 · unknown_finger", "23/11 06:51:50", icon="warning", tone="bad"),
            Row("1282 clock", "learned from centre", "23/11 06:40:02 ?", icon="dot"),
        ),
        say("log.of", n=1284),
    ),
    "diagnostics": Listing(
        say("menu.diagnostics"),
        (
            Row("lobby: silent; check its power, then its cable", icon="warning", tone="bad"),
            Row(say("tech.uptime"), end=say("tech.seconds", duration=Seconds(700_000)), icon="power"),
            Row(say("tech.policy"), end="office-1", icon="sheet"),
        ),
    ),
}
