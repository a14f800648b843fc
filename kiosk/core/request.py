"""What a line from a client may be. Apart from `api`, so that a client imports only what it asks for."""

from __future__ import annotations

import msgspec

from kiosk.core import api, courier, desk, faces, terminals

AnyCommand = (
    api.GetStatus | api.GetHealth | api.GetPunches | api.GetPeople | api.PutPeople | api.EnrolFinger
    | api.RemoveFinger | api.Emulate | api.Watch | api.GetPreview | api.Intent | api.Rebuild | api.Reseal
    | api.GetLedger | api.Reload
    | desk.AnyDesk | terminals.AnyTerminal | faces.AnyFace | courier.AnyCourier
)  # fmt: skip


class Request(msgspec.Struct, frozen=True):
    """One line from a client."""

    id: int
    do: AnyCommand
