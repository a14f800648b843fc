"""The control socket's commands about sticks and seals, and their answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiosk.core.command import Command

Path = Annotated[str, msgspec.Meta(max_length=1_000)]


class GetCourier(Command, frozen=True, tag="courier"):
    """What waits for a stick, and what became of the last ones; answered by `CourierState`."""


class CourierExport(Command, frozen=True, tag="courier_export"):
    """Read the receipt and export to the stick in the kiosk, or (admin) to the one at `path`.

    Events are `kiosk.core.view.StickView`; answered by `CourierDone`.
    """

    path: Path = ""


class CourierImport(Command, frozen=True, tag="courier_import"):
    """Read the receipt on the stick in the kiosk, or (admin) at `path`; answered by `CourierDone`."""

    path: Path = ""


class CourierPair(Command, frozen=True, tag="courier_pair"):
    """Let this kiosk write to the stick in it, though no centre prepared it; answered by `Done`."""

    path: Path = ""


class GetSeal(Command, frozen=True, tag="seal"):
    """The seal of a local day (ISO; today when empty); answered by `SealOut`."""

    day: Annotated[str, msgspec.Meta(max_length=10)] = ""


RAISED = (GetCourier, CourierExport, CourierImport, CourierPair, GetSeal)
AnyCourier = GetCourier | CourierExport | CourierImport | CourierPair | GetSeal


class CourierVisit(msgspec.Struct, frozen=True, kw_only=True):
    """An export that was made: when (UTC), to which stick, how much; `answered` by a receipt since."""

    export: str
    stick: str
    at_ms: int
    records: int
    photos: int
    size_bytes: int
    answered: bool


class CourierState(msgspec.Struct, frozen=True, kw_only=True):
    """`records` and `photos` wait for the centre; `exported` of them are on a stick already.

    `folder` is where sticks appear, empty when nowhere; `present` whether one is there; newest visit first.
    """

    records: int
    photos: int
    exported: int
    folder: str
    present: bool
    centre_known: bool
    visits: tuple[CourierVisit, ...] = ()


class CourierDone(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit came to. `accepted` records were acknowledged by a receipt, `documents` came with it.

    `standing` is the receipt's worst word (`ok`, `waiting_approval`, ...), empty without one; `note` why a
    receipt was not believed.
    """

    stick: str
    records: int = 0
    photos: int = 0
    photos_left: int = 0
    size_bytes: int = 0
    accepted: int = 0
    documents: int = 0
    standing: str = ""
    note: str = ""


class SealOut(msgspec.Struct, frozen=True, kw_only=True):
    """A day's seal; `text` is what the QR code holds (`kiosk.core.seal`)."""

    text: str
    day: str
    first: int
    last: int
    count: int
    ledger_id: str
    head: str
