"""The kiosk cannot take punches: the daemon is away, or it says why."""

from __future__ import annotations

from ui.screens import notice
from ui.screens.notice import Notice
from ui.sheet import Sheet
from ui.stage import Stage
from ui.strings import Words
from ui.theme import ToneName

_ICONS = {"starting": "power", "silent": "waiting", "storage": "disk_full"}


def draw(sheet: Sheet, stage: Stage) -> None:
    """Compose the fault screen."""
    words = sheet.look.words
    code = "silent" if stage.silent else stage.view.fault
    notice.show(sheet, stage, _away(words) if stage.away else _fault(words, code))


def _away(words: Words) -> Notice:
    return Notice("note", "power", words("away.title"), words("lead.away"), tuple(words.numbered("away")))


def _fault(words: Words, code: str) -> Notice:
    key = words.known("fault", code)
    tone: ToneName = "note" if code == "starting" else "bad"
    icon = _ICONS.get(code, "warning")
    return Notice(tone, icon, words(key), words("lead.fault"), tuple(words.numbered(key)))
