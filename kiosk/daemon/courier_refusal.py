"""What to do about a stick that cannot be used, for whoever asked for it."""

from __future__ import annotations

from typing import NoReturn

from kiosk.core.api import ApiError
from kiosk.daemon.control_request import Refusal
from sync.courier.stick import StickError

HINTS = {
    "unprepared": "at the centre: hadir-centre courier prepare PATH; or pair it on the kiosk's screen",
    "unsigned": "prepare the stick at this kiosk's centre: hadir-centre courier prepare PATH",
    "foreign": "take a stick of this kiosk's own organisation",
    "full": "delete other files from the stick, or take a larger one",
    "read_only": "move the stick's write lock, or take another stick",
    "gone": "plug it in again and wait until the screen says it may be pulled out",
    "hostile": "do not use this stick; prepare a new one",
    "too_large": "do not use this stick; prepare a new one",
    "unreadable": "plug it into the kiosk once more; if it happens again take another stick",
    "no_centre_key": "set centre_key under [sync] in kiosk.toml, as `hadir-centre key` prints it",
}


def refuse_stick(error: StickError) -> NoReturn:
    """Raises `Refusal` in the stick's words."""
    hint = HINTS.get(error.code, "try again; see `journalctl -u kioskd`")
    raise Refusal(ApiError("device", f"{error} ({error.code})", hint)) from error
