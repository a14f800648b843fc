"""The slot map: at each connect the sensor's slots are compared with the store and put right from the vault.

A sensor is known by a mark we left in it and by its content, which is sampled. In a swapped, emptied or
foreign one the fingers are put back; slots with fingers of nobody known here are told, and never trusted.
"""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from drivers.base.errors import NotSupported
from drivers.base.reader import Reader, ReaderInfo
from kiosk.core import payload
from kiosk.core.view import Card
from kiosk.daemon.engine import Engine
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Journal
from kiosk.daemon.store import Store, TemplateState
from kiosk.daemon.vault import Bound, Vault, VaultError

log = logging.getLogger(__name__)
ENGINE_S = 30.0
SHOW_EVERY_S = 0.5
SHOW_MS = 5_000
SAMPLE, SAMPLE_UNMARKED = 2, 4
MARK_BYTES = 32
T = TypeVar("T")


@dataclass(slots=True)
class _Plan:
    """What is to be done with one sensor."""

    missing: dict[int, TemplateState]
    strangers: frozenset[int]
    distrusted: frozenset[int]
    unfit: int
    unreadable: set[str] = field(default_factory=set)
    no_room: int = 0


class SlotMap:
    """Runs on readers' threads, before a reader's first touch; what touches the store goes to the engine."""

    def __init__(
        self, engine: Engine, store: Store, journal: Journal, vault: Vault, hub: ViewHub, kiosk: str
    ) -> None:
        """`kiosk` is what tells this kiosk from all others: its public key."""
        self._engine, self._store, self._journal = engine, store, journal
        self._vault, self._hub, self._kiosk = vault, hub, kiosk
        self._plans: dict[str, tuple[_Plan, ReaderInfo]] = {}

    def check(self, reader: Reader, info: ReaderInfo) -> None:
        """Compare, refill, mark. After a `DeviceError` the next connect goes on where this one stopped."""
        mark = self._mark(reader.name)
        plan = self._compare(reader, info, known=info.mark == mark)
        self._plans[reader.name] = plan, info
        put_back = self._refill(reader, info, plan)
        if info.mark is not None and info.mark != mark:
            try:
                reader.write_mark(mark)
            except NotSupported as error:
                log.debug("%s", error)
        self._tell(reader.name, plan, put_back)

    def is_distrusted(self, device: str, slot: int | None) -> bool:
        """Whether a match in this slot says nothing, although the store knows whose it should be."""
        found = self._plans.get(device)
        return found is not None and slot is not None and slot in found[0].distrusted

    def problems(self) -> list[str]:
        """What a technician should know; from any thread."""
        return [f"{name}: {note}" for name in tuple(self._plans) for note in self.notes(name)]

    def notes(self, device: str) -> tuple[str, ...]:
        """The same of one sensor; from any thread."""
        found = self._plans.get(device)
        return tuple(_words(*found)) if found is not None else ()

    def _compare(self, reader: Reader, info: ReaderInfo, *, known: bool) -> _Plan:
        everything = [t for t in self._on_engine(self._store.templates) if t.purpose == "finger"]
        here = {t.slot: t for t in everything if t.device == reader.name and t.slot is not None}
        fit = {s: t for s, t in here.items() if t.format == info.template_format and s < info.capacity}
        used = reader.index()
        plan = _Plan(
            missing={s: t for s, t in fit.items() if s not in used},
            strangers=used - here.keys(),
            distrusted=frozenset(here.keys() - fit.keys()) & used,
            unfit=len([t for t in here.values() if t.format != info.template_format]),
        )
        for slot in self._differing(reader, plan, {s: t for s, t in fit.items() if s in used}, known=known):
            plan.missing[slot] = fit[slot]
        self._assign(
            reader,
            info,
            plan,
            everything,
            taken=used | here.keys(),
            kept={t.template_id for t in fit.values()},
        )
        return plan

    def _differing(
        self, reader: Reader, plan: _Plan, there: dict[int, TemplateState], *, known: bool
    ) -> list[int]:
        """Slots with another finger than the vault's: a sample tells whether to look at all of them."""
        sample = random.sample(sorted(there), min(len(there), SAMPLE if known else SAMPLE_UNMARKED))
        if all(self._is_same(reader, plan, slot, there[slot]) for slot in sample):
            return []
        log.warning("%s: holds other fingers than it should: swapped? every slot is checked", reader.name)
        different, shown = [], _Progress(self._hub, reader.name, "checking", len(there))
        for slot, template in there.items():
            if not self._is_same(reader, plan, slot, template):
                different.append(slot)
            shown.one_more()
        return different

    def _is_same(self, reader: Reader, plan: _Plan, slot: int, template: TemplateState) -> bool:
        ours = self._open(plan, template)
        return ours is not None and reader.download(slot) == ours

    def _assign(
        self, reader: Reader, info: ReaderInfo, plan: _Plan, everything: list[TemplateState],
        *, taken: set[int] | frozenset[int], kept: set[str],
    ) -> None:  # fmt: skip
        """Templates without a slot here get one, on record before they are written."""
        homeless = {
            t.template_id: t
            for t in everything
            if t.format == info.template_format and t.template_id not in kept
        }
        free = (slot for slot in range(info.capacity) if slot not in taken)
        given = dict(zip(free, homeless.values(), strict=False))
        plan.no_room = len(homeless) - len(given)
        plan.missing.update(given)
        records = [
            payload.SlotAssigned(template_id=template.template_id, device=reader.name, slot=slot)
            for slot, template in given.items()
        ]
        if records:
            self._on_engine(lambda: self._journal.note(*records))

    def _refill(self, reader: Reader, info: ReaderInfo, plan: _Plan) -> int:
        done, shown = 0, _Progress(self._hub, reader.name, "filling", len(plan.missing))
        if plan.missing:
            log.warning("%s: %d fingers are put back from the vault", reader.name, len(plan.missing))
        for slot, template in sorted(plan.missing.items()):
            content = self._open(plan, template)
            if content is None or len(content) != info.template_bytes:
                plan.unreadable.add(template.template_id)
                plan.distrusted |= {slot}
                continue
            reader.upload(slot, content)
            done += 1
            shown.one_more()
        return done

    def _open(self, plan: _Plan, template: TemplateState) -> bytes | None:
        try:
            return self._vault.get(Bound.of(template))
        except VaultError as error:
            if template.template_id not in plan.unreadable:
                log.warning("%s; %s", error, error.hint)
            plan.unreadable.add(template.template_id)
            return None

    def _tell(self, device: str, plan: _Plan, put_back: int) -> None:
        if not put_back:
            return
        detail = f"{put_back} fingers put back, {len(plan.strangers)} slots of strangers"
        record = payload.Admin(actor="kiosk", action="sensor_refilled", subject=device, detail=detail)
        self._on_engine(lambda: self._journal.note(record))
        self._hub.show(Card(
            number=0, kind="refill", code="done", show_ms=2_500, device=device, step=put_back, steps=put_back
        ))  # fmt: skip
        log.info("%s: %s", device, detail)

    def _mark(self, device: str) -> bytes:
        return (
            hashlib.sha256(f"hadir-sensor|{self._kiosk}|{device}".encode()).hexdigest()[:MARK_BYTES].encode()
        )

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._engine.submit(task).result(ENGINE_S)


class _Progress:
    """Cards that say how far it has come, twice a second."""

    def __init__(self, hub: ViewHub, device: str, code: str, steps: int) -> None:
        self._hub, self._device, self._code, self._steps = hub, device, code, steps
        self._step, self._shown_s = 0, float("-inf")

    def one_more(self) -> None:
        """One slot is done."""
        self._step += 1
        if time.monotonic() - self._shown_s < SHOW_EVERY_S:
            return
        self._shown_s = time.monotonic()
        self._hub.show(Card(
            number=0, kind="refill", code=self._code, show_ms=SHOW_MS, device=self._device, step=self._step,
            steps=self._steps,
        ))  # fmt: skip


def _words(plan: _Plan, info: ReaderInfo) -> list[str]:
    words = []
    if plan.strangers:
        some = ", ".join(str(slot) for slot in sorted(plan.strangers)[:5])
        words.append(
            f"{len(plan.strangers)} slots hold fingers of nobody known here (slot {some}); they are "
            "refused; is it another kiosk's sensor?"
        )
    if plan.unfit:
        words.append(
            f"{plan.unfit} fingers were made by another kind of sensor than this one "
            f"({info.template_format}); enrol them again on it"
        )
    if plan.unreadable:
        words.append(f"{len(plan.unreadable)} templates of the vault cannot be read; enrol them again")
    if plan.no_room:
        words.append(f"{plan.no_room} fingers find no room ({info.capacity} slots); use a larger sensor")
    return words
