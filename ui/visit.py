"""Somebody at the screen: the flow they are in, the pane they see, the answers they wait for.

A flow is a generator: it yields a pane and receives the touch, or yields an `Ask` and receives the answer.
No pygame, no socket: tests play it as plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from kiosk.core import api, desk
from kiosk.core.request import AnyCommand
from kiosk.core.view import View
from ui.panes import Busy, Pane, Says, say
from ui.strings import Language

R = TypeVar("R")
Send = Callable[[AnyCommand], int | None]
"""Sends a command; its id, or `None` when no daemon is there."""


@dataclass(frozen=True)
class Touch:
    """What was touched on a pane."""

    name: str
    value: str


@dataclass(frozen=True)
class Ask:
    """A command to the daemon, the type of its answer, and what to do meanwhile, which may be given up."""

    command: AnyCommand
    answer: type
    busy: Says = ""


class Refused(Exception):
    """The daemon did not do it."""

    def __init__(self, error: api.ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class BackError(Exception):
    """One step back."""


Flow = Generator[Pane | Ask, Any, R]


@dataclass(frozen=True)
class Answer:
    """The daemon's answer to the request `id`: a result or an error."""

    id: int
    result: bytes
    error: api.ApiError | None


@dataclass(frozen=True)
class Known:
    """What a flow may ask about the moment."""

    view: View
    language: Language
    now: datetime


Begin = Callable[[Callable[[], Known]], Flow[None]]
_LOST = api.ApiError("failed", "the daemon went away")


class Visit:
    """Runs one flow at a time."""

    def __init__(self, flows: dict[str, Begin], send: Send, known: Callable[[], Known]) -> None:
        self._flows, self._send, self._known = flows, send, known
        self._flow: Flow[None] | None = None
        self._pending: tuple[int, type] | None = None
        self._touched_s = 0.0
        self._was_raised = False
        self.pane: Pane | None = None

    def begin(self, flow: Flow[None], now_s: float) -> None:
        """Run `flow`, unless somebody is in another one."""
        if self._flow is None:
            self._touched_s, self._flow = now_s, flow
            self._advance(next)

    def touch(self, touch: Touch, now_s: float) -> None:
        """A target of a pane, or one that begins a flow."""
        self._touched_s = now_s
        if touch.name == "start" and touch.value in self._flows:
            self.begin(self._flows[touch.value](self._known), now_s)
        elif touch.name == "home":
            self.end()
        elif touch.name == "cancel":
            self._send(desk.Cancel())
        elif self._flow and self._pending is None:
            if touch.name == "back":
                self._advance(lambda flow: flow.throw(BackError()))
            else:
                self._advance(lambda flow: flow.send(touch))

    def answered(self, answer: Answer, now_s: float) -> None:
        """An answer has come; others than the one waited for are passed over."""
        if self._pending is None or answer.id != self._pending[0]:
            return
        expected, self._pending, self._touched_s = self._pending[1], None, now_s
        error = answer.error
        if error is None:
            try:
                result: object = msgspec.json.decode(answer.result, type=expected)
            except msgspec.DecodeError as wrong:
                error = api.ApiError("failed", str(wrong))
            else:
                self._advance(lambda flow: flow.send(result))
                return
        self._refuse(error)

    def lost(self) -> None:
        """The daemon is away: nothing that was asked will be answered."""
        if self._pending:
            self._pending = None
            self._refuse(_LOST)

    def tick(self, now_s: float) -> None:
        """Leave when nobody touches the screen any more, or when it is no longer raised."""
        raised = self._known().view.raised is not None
        over = self.pane and now_s - self._touched_s >= self.pane.patience_s
        if over or (self._was_raised and not raised):
            self.end()
        self._was_raised = raised

    def end(self) -> None:
        """Forget whatever was typed; nobody keeps a raised screen behind them."""
        if self._flow:
            self._flow.close()
        self._flow = self._pending = self.pane = None
        if self._known().view.raised:
            self._send(desk.Lower())

    def _refuse(self, error: api.ApiError) -> None:
        wrong = BackError() if error.code == "cancelled" else Refused(error)
        self._advance(lambda flow: flow.throw(wrong))

    def _advance(self, step: Callable[[Flow[None]], Pane | Ask]) -> None:
        if self._flow is None:
            return
        try:
            shown = step(self._flow)
            while isinstance(shown, Ask):
                number = self._send(shown.command)
                if number is not None:
                    self._pending, self.pane = (
                        (number, shown.answer),
                        Busy(shown.busy or say("busy.title"), can_end=bool(shown.busy)),
                    )
                    return
                shown = self._flow.throw(Refused(_LOST))
            self.pane = shown
        except (StopIteration, BackError, Refused):
            self.end()
