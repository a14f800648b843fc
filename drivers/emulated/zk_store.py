"""What an emulated ZKTeco terminal remembers: users, templates, its log, its clock."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from drivers.emulated.zk_wire import Moment, Person, log_record


@dataclass(frozen=True, slots=True)
class Model:
    """What kind of terminal this is."""

    serial: str = "EMU0000001"
    name: str = "K40-EMULATED"
    firmware: str = "Ver 6.60 Nov 22 2026"
    platform: str = "ZLM60_TFT"
    record_bytes: int = 40
    user_bytes: int = 72
    event_bytes: int = 32
    packet_bytes: int = 0xFFC0
    comm_key: int = 0
    id_width: int = 9
    user_capacity: int = 3_000
    template_capacity: int = 3_000
    record_capacity: int = 100_000


class Clock:
    """The terminal's clock: the host's, plus an offset; or stuck at one value."""

    def __init__(self) -> None:
        self.offset_s = 0.0
        self._stuck: int | None = None

    def now(self) -> Moment:
        """The local date and time."""
        if self._stuck is not None:
            return Moment.from_code(self._stuck)
        local = time.localtime(time.time() + self.offset_s)
        return Moment(*local[:5], min(local[5], 59))

    def set(self, moment: Moment) -> None:
        """Set by the host or by a jump."""
        self._stuck = None
        fields = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, 0, 0, -1)
        self.offset_s = time.mktime(fields) - time.time()

    def stick(self, code: int) -> None:
        """Show this time code for ever, possible date or not."""
        self._stuck = code


@dataclass(slots=True)
class Store:
    """All of it; `taken` counts punches ever, `lost` those overwritten because the log was full."""

    model: Model
    clock: Clock = field(default_factory=Clock)
    people: dict[int, Person] = field(default_factory=dict)
    templates: dict[tuple[int, int], tuple[int, bytes]] = field(default_factory=dict)
    log: bytearray = field(default_factory=bytearray)
    taken: int = 0
    lost: int = 0
    enabled: bool = True

    @property
    def records(self) -> int:
        """How many punches the log holds."""
        return len(self.log) // self.model.record_bytes

    def person(self, user_id: str) -> Person | None:
        """Who has this user id."""
        return next((person for person in self.people.values() if person.user_id == user_id), None)

    def add_person(self, person: Person) -> None:
        """Add or replace; raises `OverflowError` when there is no room."""
        if person.uid not in self.people and len(self.people) >= self.model.user_capacity:
            raise OverflowError("no room for another user")
        self.people[person.uid] = person

    def remove_person(self, uid: int) -> bool:
        """Remove a user and their templates."""
        for key in [key for key in self.templates if key[0] == uid]:
            del self.templates[key]
        return self.people.pop(uid, None) is not None

    def punch(self, person: Person, moment: Moment, verify: int, state: int) -> None:
        """Append to the log; the oldest goes when it is full, as on real terminals."""
        self.append(log_record(self.model.record_bytes, person, moment.code, verify, state))

    def append(self, records: bytes) -> None:
        """Append records in the terminal's own layout."""
        size = self.model.record_bytes
        self.log += records
        self.taken += len(records) // size
        over = self.records - self.model.record_capacity
        if over > 0:
            del self.log[: over * size]
            self.lost += over

    def fill(self, people: int, records: int, seed: int = 1) -> None:
        """Make up `people` users and `records` punches of the months before now, some in the same second."""
        rng = Random(seed)
        for uid in range(1, people + 1):
            self.add_person(Person(uid, str(1000 + uid), f"Pegawai {uid}"))
        everybody = list(self.people.values())
        newest = self.clock.now().code
        moments = sorted(rng.randrange(newest - 90 * 86400, newest) for _ in range(records))
        size, parts = self.model.record_bytes, []
        for number, code in enumerate(moments):
            day = Moment.from_code(code)
            possible = code if day.day <= 28 else code - (day.day - 28) * 86400
            parts.append(log_record(size, everybody[number % len(everybody)], possible, 1, number % 2))
        self.append(b"".join(parts))

    def save(self, path: Path) -> None:
        """Write everything but the clock's setting to `path`, replacing it whole."""
        state: dict[str, Any] = {
            "people": [asdict(person) for person in self.people.values()],
            "templates": [[*key, valid, _b64(data)] for key, (valid, data) in self.templates.items()],
            "log": _b64(bytes(self.log)),
            "taken": self.taken,
            "lost": self.lost,
            "offset_s": self.clock.offset_s,
        }
        fresh = path.with_suffix(path.suffix + ".new")
        fresh.write_text(json.dumps(state))
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Take over what `save` wrote."""
        state = json.loads(path.read_text())
        self.people = {person["uid"]: Person(**person) for person in state["people"]}
        self.templates = {
            (uid, finger): (valid, base64.b64decode(data)) for uid, finger, valid, data in state["templates"]
        }
        self.log = bytearray(base64.b64decode(state["log"]))
        self.taken, self.lost = state["taken"], state["lost"]
        self.clock.offset_s = state["offset_s"]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
