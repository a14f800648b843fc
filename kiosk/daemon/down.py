"""What comes down from the centre, whichever way it came: taken in its order, answered, put on record.

Signatures are checked before (`sync.inbound`, or the courier); here it is whether a document is for this
site, newer than the last, not over its time, and never carried out twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kiosk.core import payload
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down_commands import Commands, Result
from kiosk.daemon.down_message import Message
from kiosk.daemon.down_roster import Applied, Due, RosterDown, rows_of
from kiosk.daemon.down_rules import RosterRules, Texts
from kiosk.daemon.down_templates import SharedTemplates
from kiosk.daemon.lanes import LanesClosed
from kiosk.daemon.store import StoreError
from sync import commands as c
from sync import documents as d
from sync.events import Inbound
from sync.wire import WireError

log = logging.getLogger(__name__)
BULK_S = 900.0
MOST_HELD = 64
SHARE_EVERY = 15  # ticks, of about a second
TOLD_MS = 60_000
MOST_WORDS = 4_000


class Share:
    """The time to look for templates that other kiosks of the site have not."""


class Upward(Protocol):
    """The way up, as `sync.publisher.Publisher` is one."""

    def reply(self, reply: d.Reply) -> None:
        """Tell the centre what became of something."""

    def restate(self) -> None:
        """Say anew what the device is."""


@dataclass(frozen=True, slots=True)
class DownParts:
    """What it works with."""

    desk: DeskParts
    commands: Commands
    message: Message
    rules: RosterRules
    templates: SharedTemplates
    up: Callable[[], Upward | None]


class Down:
    """One thread of its own; `put` and `refused` may be called from any."""

    def __init__(self, parts: DownParts) -> None:
        self._parts, self._core, self._engine = parts, parts.desk.core, parts.desk.engine
        self._roster = RosterDown(self._core, parts.desk.book)
        self._queue: queue.Queue[Inbound | Share | None] = queue.Queue(MOST_HELD)
        self._held: list[Inbound] = []
        self._running: set[int] = set()
        self._told: dict[str, int] = {}
        self._version = 0
        self._ticks = 0
        self._thread = threading.Thread(target=self._run, name="down", daemon=True)

    def begin(self) -> None:
        """On the engine's thread, before anything comes: what was in force at the stop."""
        last = self._roster.last()
        if last is not None:
            self._version = last.version
            self._parts.desk.book.centre = self._parts.rules.load(last.version)
        self._parts.message.load()

    def start(self) -> None:
        """Begin to take what comes."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Finish what is being applied, leave the rest: it comes again. Whether that was done in time."""
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            return False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def roster_version(self) -> int:
        """The roster in force, 0 for none."""
        return self._version

    def put(self, document: Inbound) -> None:
        """A document with the centre's good signature; never blocks, what is too much comes again."""
        try:
            self._queue.put_nowait(document)
        except queue.Full:
            log.warning("too much comes down at once: a %s is left", document.kind)

    def refused(self, topic: str, reason: str, detail: str = "") -> None:
        """Put on record, and tell the centre once a minute, that something was not taken."""
        boot_ms = self._parts.desk.now().boot_ms
        self._engine.post(
            lambda: self._core.refusals.add(f"sync_{reason}", topic, boot_ms, detail=detail[:200])
        )
        if boot_ms - self._told.get(reason, -TOLD_MS) >= TOLD_MS:
            self._told[reason] = boot_ms
            self._reply(d.Reply(about="document", number=0, outcome="refused", words=reason))

    def tick(self, now_ms: int, *, trusted: bool) -> None:
        """About once a second, on the engine's thread."""
        self._parts.message.tick(now_ms)
        self._ticks += 1
        if self._ticks % SHARE_EVERY == 0 and self._version:
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(Share())
        if trusted and self._held:
            held, self._held = self._held, []
            for document in held:
                self.put(document)

    def _run(self) -> None:
        while (document := self._queue.get()) is not None:
            try:
                if isinstance(document, Share):
                    self._share()
                else:
                    self._take(document)
            except WireError as error:
                self.refused(f"down/{_kind(document)}", error.reason, str(error))
            except LanesClosed:
                return
            except (StoreError, OSError, TimeoutError) as error:
                log.error("a %s could not be taken, it comes again: %s", _kind(document), error)
            except Exception:
                log.exception("a %s could not be taken", _kind(document))

    def _share(self) -> None:
        """Give the site's other kiosks what is new here, if the site shares."""
        if self._parts.templates.share(self._parts.rules.peers(self._version)) and (up := self._parts.up()):
            up.restate()

    def _take(self, document: Inbound) -> None:
        if document.kind == "roster":
            self._take_roster(document)
        elif document.kind == "command":
            self._take_command(document)
        else:
            sha256 = self._parts.templates.take(document.body)
            self._reply(d.Reply(about="template", number=0, outcome="done", words=sha256))

    def _take_roster(self, document: Inbound) -> None:
        roster = d.read_roster(document.body)
        if roster.site != self._parts.desk.config.site.id:
            raise WireError("wrong_site", f"a roster of {roster.site}")
        if roster.version < self._version and not document.retained:
            raise WireError("old_version", f"{roster.version}, in force is {self._version}")
        if roster.version <= self._version:
            return
        up = self._parts.up()
        if roster.base not in (0, self._version):
            log.info("roster %d goes on from %d, here is %d", roster.version, roster.base, self._version)
        else:
            self._apply(self._due(roster, document.body))
        if up:
            up.restate()

    def _due(self, roster: d.Roster, body: str) -> Due:
        content, rules = d.unpack(roster.content), self._parts.rules
        before = self._version or None
        texts = Texts(content.policy, content.calendar)
        if roster.base:
            kept = rules.texts(before)
            texts = Texts(
                kept.policy if texts.policy is None else texts.policy,
                kept.calendar if texts.calendar is None else texts.calendar,
            )
        if content.templates_shared:
            rules.keep_peers(roster.version, content.peers)
        in_force, faults = rules.keep(roster.version, texts, before)
        rows, numbers = rows_of(content.people)
        return Due(
            roster.version, roster.site, not roster.base, hashlib.sha256(body.encode()).hexdigest(), content,
            rows, numbers, in_force, tuple(faults),
        )  # fmt: skip

    def _apply(self, due: Due) -> None:
        applied: Applied = self._engine.submit_bulk(lambda: self._roster.apply(due)).result(BULK_S)
        self._version = due.version
        self._parts.rules.forget_all_but(due.version)
        record = applied.record
        counts = f"added {record.added}, changed {record.changed}, deactivated {record.deactivated}"
        words = "\n".join((f"{counts}, refused {record.refused}", *applied.errors))
        self._reply(d.Reply(about="roster", number=due.version, outcome="done", words=words[:MOST_WORDS]))

    def _take_command(self, document: Inbound) -> None:
        command = c.read_command(document.body)
        if self._is_known(command):
            return
        now = self._parts.desk.now()
        if not now.trusted:
            self._held = [*self._held[-MOST_HELD:], document]
            return
        if now.wall_ms >= command.expires_ms:
            raise WireError("expired", f"command {command.counter}")
        do = str(type(command).__struct_config__.tag)
        taken = payload.CommandTaken(counter=command.counter, do=do, outcome="taken")
        self._parts.desk.note(taken)
        self._running.add(command.counter)
        threading.Thread(
            target=self._carry_out, args=(command, do), name=f"command-{do}", daemon=True
        ).start()

    def _is_known(self, command: c.Command) -> bool:
        """Whether it was taken before: then it is refused, and what became of it said again."""
        store = self._core.store
        rows = self._parts.desk.on_engine(lambda: store.desk(payload.CommandTaken))
        if command.counter in self._running:
            return True
        if command.counter > max((row.record.counter for row in rows), default=0):
            return False
        known = [row.record for row in rows if row.record.counter == command.counter]
        if known:
            last = known[-1]
            outcome: d.Outcome = "done" if last.outcome == "done" else "failed"
            words = last.detail or ("interrupted" if last.outcome == "taken" else "")
            self._reply(d.Reply(about="command", number=last.counter, outcome=outcome, words=words))
        raise WireError("replayed" if known else "old_counter", f"command {command.counter}")

    def _carry_out(self, command: c.Command, do: str) -> None:
        result = self._result(command)
        try:
            self._parts.desk.note(payload.CommandTaken(
                counter=command.counter, do=do, outcome="done" if result.outcome == "done" else "failed",
                detail=result.words[:500],
            ))  # fmt: skip
        except (StoreError, LanesClosed, TimeoutError) as error:
            log.error("command %d (%s) is not on record as done: %s", command.counter, do, error)
        self._running.discard(command.counter)
        self._reply(d.Reply(
            about="command", number=command.counter, outcome=result.outcome, words=result.words,
            text=result.text, blob=result.blob, key=result.key,
        ))  # fmt: skip
        up = self._parts.up()
        if up and result.blob:
            up.restate()
        if result.after:
            result.after()

    def _result(self, command: c.Command) -> Result:
        try:
            return self._parts.commands.run(command)
        except Exception as error:
            log.exception("command %d failed", command.counter)
            return Result("failed", type(error).__name__)

    def _reply(self, reply: d.Reply) -> None:
        if up := self._parts.up():
            up.reply(reply)


def _kind(document: Inbound | Share) -> str:
    return document.kind if isinstance(document, Inbound) else "share"
