"""The outcome of a card spoken aloud by espeak-ng, where it is installed and wanted."""

from __future__ import annotations

import logging
import shutil
import subprocess

from kiosk.core.view import Card
from kiosk.core.zone import ZoneName
from ui.screens.notice import notice_for
from ui.screens.result import verdict_text
from ui.strings import Language, Words

PROGRAM = "espeak-ng"
WORDS_A_MINUTE = 150
VOICES: dict[Language, str] = {"id": "id", "en": "en-us"}
SPOKEN = ("taken", "repeat", "unknown", "poor_image", "refused", "not_stored")
log = logging.getLogger(__name__)


def spoken(words: Words, card: Card, zone: ZoneName) -> str:
    """What is said of a card: the verdict, or what went wrong and the first thing to do; empty for others.

    No names: whoever stands behind in the queue need not hear them.
    """
    if card.kind not in SPOKEN:
        return ""
    if card.kind in ("taken", "repeat"):
        return verdict_text(words, card, zone).replace("\u00a0", " ")
    notice = notice_for(words, card)
    return ". ".join((notice.headline.replace("TIDAK", "tidak"), *notice.steps[:1]))


class Voice:
    """Says one thing at a time; whatever is being said gives way."""

    def __init__(self, program: str = PROGRAM) -> None:
        self._program = shutil.which(program)
        self._saying: subprocess.Popen[bytes] | None = None
        self._missed = False

    def say(self, text: str, language: Language) -> None:
        """Begin to say `text`; never waits. Without the program the log says so once."""
        self.hush()
        if not text:
            return
        if self._program is None:
            if not self._missed:
                log.warning("nothing is spoken: apt-get install %s, or set speak = false", PROGRAM)
            self._missed = True
            return
        command = (self._program, "-v", VOICES[language], "-s", str(WORDS_A_MINUTE), "--", text)
        try:
            self._saying = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            log.warning("nothing is spoken: %s", error)
            self._program = None

    def hush(self) -> None:
        """Stop in the middle of a word."""
        saying, self._saying = self._saying, None
        if saying is not None and saying.poll() is None:
            saying.kill()
            saying.wait()
