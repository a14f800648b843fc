"""Commands of the centre, carried out by the same services as those of a technician beside the kiosk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.core import desk, payload
from kiosk.core.view import MessageView
from kiosk.daemon.control_request import Refusal
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down_children import ChildError, Children
from kiosk.daemon.down_message import Message
from kiosk.daemon.keys import BadKeyError
from kiosk.daemon.lanes import LanesClosed
from kiosk.daemon.roster import CENTRE
from kiosk.daemon.store import StoreError
from sync import commands as c
from sync import documents as d
from sync.sealing import SealError
from sync.topics import DeviceName

log = logging.getLogger(__name__)
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Means:
    """What commands need beside the desk: the way to deliver again, and to stop."""

    deliver_again: Callable[[str, int], None]
    restart: Callable[[], None]
    next_key: Callable[[], str]
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a command, for the ledger (`words`) and for the reply. `after` runs once it has left."""

    outcome: d.Outcome
    words: str = ""
    text: str = ""
    blob: d.Blob | None = None
    key: str = ""
    after: Callable[[], None] | None = None


class Commands:
    """Each call runs on a thread of its own and may take minutes."""

    def __init__(
        self, parts: DeskParts, desk_: Desk, message: Message, children: Children, means: Means
    ) -> None:
        self._parts, self._desk, self._message = parts, desk_, message
        self._means = means
        self._name = DeviceName(parts.config.device.tenant, parts.config.device.id)
        self._do: dict[type[c.Command], Callable[[Any], Result]] = {
            c.CallPresence: self._presence,
            c.Resend: self._resend,
            c.UnlockAdmin: self._unlock_admin,
            c.ShowMessage: self._show_message,
            c.Restart: lambda command: Result("done", after=means.restart),
            c.RotateKey: self._rotate_key,
            c.Revoke: self._revoke,
            c.RunDoctor: lambda command: Result("done", text=children.doctor()),
            c.SupportBundle: lambda command: Result("done", blob=children.support_bundle()),
        }

    def run(self, command: c.Command) -> Result:
        """Do it; whatever goes wrong is the result."""
        try:
            return self._do[type(command)](command)
        except Refusal as error:
            return Result("failed", f"{error}; {error.error.hint}".strip("; "))
        except (BadKeyError, ChildError, StoreError, LanesClosed, SealError, OSError, TimeoutError) as error:
            return Result("failed", str(error)[:1_000] or type(error).__name__)

    def _presence(self, command: c.CallPresence) -> Result:
        call = desk.CallPresence(window_s=command.window_s, unit=command.unit, by="centre")
        self._desk.handle(call, CENTRE)
        return Result("done")

    def _resend(self, command: c.Resend) -> Result:
        held = {one.ledger_id for one in self._parts.on_engine(self._parts.core.store.ledgers)}
        if command.ledger_id not in held:
            return Result("failed", f"no ledger {command.ledger_id} here")
        self._means.deliver_again(command.ledger_id, command.from_seq)
        return Result("done", f"{command.ledger_id} from {command.from_seq}")

    def _unlock_admin(self, command: c.UnlockAdmin) -> Result:
        context = c.pin_context(self._name, command.number, command.counter)
        pin = self._parts.keys.unseal(bytes.fromhex(command.sealed), context).decode("ascii", "replace")
        self._desk.handle(desk.SetPin(number=command.number, pin=pin), CENTRE)
        return Result("done")

    def _show_message(self, command: c.ShowMessage) -> Result:
        until_ms = self._parts.now().wall_ms + command.minutes * MINUTE_MS
        shown = MessageView(command.text, command.text_en, until_ms) if command.text else None
        self._message.show(shown)
        return Result("done")

    def _rotate_key(self, command: c.RotateKey) -> Result:
        key = self._means.next_key()
        return Result("done", f"the next key is {key[:16]}", key=key, after=self._means.restart)

    def _revoke(self, command: c.Revoke) -> Result:
        self._means.close()
        parts = self._parts
        templates = parts.on_engine(parts.core.store.templates)
        for template in {one.template_id: one for one in templates}.values():
            parts.vault.remove(template.template_id)
            parts.note(payload.TemplateRemoved(
                template_id=template.template_id, person_id=template.person_id, reason="revoked"
            ))  # fmt: skip
        return Result("done", f"{len(templates)} templates deleted")
