"""The operator's people: find somebody, add somebody, and what can be done for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from kiosk.core import api, desk
from kiosk.core.payload import AbsenceKind
from ui.flows import asking, enrol, faces, paper, privacy, recap
from ui.panes import Choice, Entry, Listing, Row, Says, Tile, Told, say
from ui.visit import BackError, Flow, Known, Refused

MOST_SHOWN = 500
ABSENCES = (("leave", "calendar"), ("permission", "sheet"), ("sick", "plus"), ("field_duty", "letter"))
DEEDS = (
    ("enrol", "finger"), ("pin", "keypad"), ("paper", "sheet"), ("absence", "calendar"), ("days", "sum"),
    ("own_data", "list"), ("withdraw", "hand"), ("leave", "exit"),
)  # fmt: skip


def people(known: Callable[[], Known]) -> Flow[None]:
    """The list, which may be searched and added to."""
    search = ""
    while True:
        found = yield from asking.ask(api.GetPeople(search=search, limit=MOST_SHOWN), api.People)
        lead: Says = say("people.total", n=found.total)
        keys = (Tile("add", "plus", say("people.add")), Tile("search", "search", say("people.search")))
        rows = tuple(row_of(number, person) for number, person in enumerate(found.people))
        touch = yield from asking.browse(Listing(say("menu.people"), rows, lead, keys=keys))
        if touch.value == "search":
            search = yield from _forgiving(_search(search), search)
        elif touch.value == "add":
            yield from _add()
        else:
            yield from _person(found.people[int(touch.value.removeprefix("row"))], known)


def row_of(number: int, person: api.PersonOut) -> Row:
    """A person in the list."""
    icon, tone = (
        ("finger" if person.fingers else "face", None)
        if person.fingers or person.faces
        else ("finger_unknown", "late")
    )
    detail: Says = f"{person.number} · {person.unit}" if person.unit else person.number
    if not person.active:
        icon, tone, detail = "exit", "note", say("people.inactive", number=person.number)
    return Row(person.name, detail, value=f"row{number}", icon=icon, tone=tone)  # type: ignore[arg-type]


def _search(text: str) -> Flow[str]:
    entry = Entry(say("people.search"), say("entry.search"), "letters", text, least=0, most=40, case="title")
    return (yield from asking.type_in(entry))


def _forgiving(flow: Flow[str], otherwise: str) -> Flow[str]:
    try:
        return (yield from flow)
    except BackError:
        return otherwise


def _add() -> Flow[None]:
    title = say("people.add")
    try:
        number = yield from asking.number(title)
        name = yield from asking.type_in(
            Entry(title, say("entry.name"), "letters", least=2, most=100, case="title")
        )
        done = yield from asking.ask(api.PutPeople((api.PersonRow(1, number, name),)), api.PutResult)
    except BackError:
        return
    except Refused as error:
        yield from asking.refused(error, title)
        return
    if done.errors:
        yield from asking.tell(
            Told("bad", "person", say("people.not_added"), name, (say("said.bad_request.1"),))
        )
    else:
        yield from asking.tell(Told("ok", "check", say("people.added"), name, (say("people.added.1"),)))


def _person(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    while True:
        camera = known().view.face is not None
        try:
            deed = yield from asking.choose(deeds_of(person, camera=camera))
        except BackError:
            return
        try:
            yield from _deed(deed, person, known)
        except BackError:
            if deed in ("leave", "come_back"):
                return
        except Refused as error:
            yield from asking.refused(error, person.name)


def deeds_of(person: api.PersonOut, *, camera: bool = False) -> Choice:
    """What can be done for them; a face is enrolled only where there is a camera."""
    known = [*DEEDS] if person.active else [*DEEDS[4:6], ("come_back", "enter")]
    if camera and person.active:
        known.insert(1, ("enrol_face", "face"))
    tiles = tuple(Tile(deed, icon, say(f"deed.{deed}")) for deed, icon in known)
    return Choice(person.name, tiles, person.number, patience_s=120.0)


def _deed(deed: str, person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    if deed == "enrol":
        yield from enrol.enrol(person, known)
    elif deed == "enrol_face":
        yield from faces.enrol_face(person, known)
    elif deed == "pin":
        yield from _pin(person)
    elif deed == "paper":
        yield from paper.late_entry(person, known)
    elif deed == "absence":
        yield from _absence(person, known)
    elif deed == "own_data":
        yield from privacy.own_data(person, known)
    elif deed == "withdraw":
        yield from privacy.withdraw(person)
    elif deed in ("leave", "come_back"):
        yield from privacy.active(person)
        raise BackError
    else:
        yield from recap.days_of(person.number, "month", known)


def _pin(person: api.PersonOut) -> Flow[None]:
    pin = yield from asking.new_pin(person.name, person.number)
    yield from asking.ask(desk.SetPin(number=person.number, pin=pin), api.Done)
    yield from asking.tell(Told("ok", "check", say("pin.set"), person.name))


def _absence(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    kinds = tuple(Tile(kind, icon, say(f"absence.{kind}")) for kind, icon in ABSENCES)
    kind = yield from asking.choose(Choice(person.name, kinds, say("absence.lead")))
    today = known().now.date()
    days = [today + timedelta(days=offset) for offset in (0, 1, 2, 3, 4, -1, -2, -3, -4)]
    tiles = tuple(Tile(day.isoformat(), "calendar", say("day.named", date=day)) for day in days)
    chosen = yield from asking.choose(Choice(person.name, tiles, say("absence.first")))
    first = next(day for day in days if day.isoformat() == chosen)
    count = yield from asking.type_in(Entry(person.name, say("absence.days"), text="1", most=3))
    last = first + timedelta(days=max(1, int(count)) - 1)
    letter = yield from asking.type_in(
        Entry(person.name, say("special.letter_if"), "letters", least=0, most=60, case="upper")
    )
    for known_kind in _kinds(kind):
        command = desk.PutAbsence(
            number=person.number,
            kind=known_kind,
            first=first.isoformat(),
            last=last.isoformat(),
            letter=letter,
        )
        yield from asking.ask(command, api.Done)
    steps = (say("day.named", date=first), say("day.until", date=last))
    yield from asking.tell(Told("ok", "check", say("absence.put"), person.name, steps))


def _kinds(code: str) -> Iterator[AbsenceKind]:
    kinds: tuple[AbsenceKind, ...] = ("leave", "permission", "sick", "field_duty")
    return (kind for kind in kinds if kind == code)
