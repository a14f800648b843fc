"""What a line from a client may be. Apart from `api`, so that a client imports only what it asks for."""

from __future__ import annotations

import msgspec

from kiosk.core import api, desk, terminals

AnyCommand = (
    api.GetStatus | api.GetHealth | api.GetPunches | api.GetPeople | api.PutPeople | api.EnrolFinger
    | api.RemoveFinger | api.Emulate | api.Watch | api.Intent | api.Rebuild | api.GetLedger | desk.AnyDesk
    | terminals.AnyTerminal
)  # fmt: skip


class Request(msgspec.Struct, frozen=True):
    """One line from a client."""

    id: int
    do: AnyCommand
