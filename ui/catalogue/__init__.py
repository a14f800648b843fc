"""Every word on the screen, Bahasa Indonesia and English side by side, a part for each subject.

Keys are `group.code`; `{name}` is filled in when shown. An English text with `|` holds singular and plural.
"""

from __future__ import annotations

from ui.catalogue import (
    enrolment,
    faces,
    kiosk,
    operator,
    people,
    punches,
    reports,
    sticks,
    technician,
    visits,
)
from ui.catalogue.base import Texts

PARTS: tuple[Texts, ...] = (
    kiosk.WORDS,
    punches.WORDS,
    faces.WORDS,
    visits.WORDS,
    enrolment.WORDS,
    operator.WORDS,
    people.WORDS,
    reports.WORDS,
    sticks.WORDS,
    technician.WORDS,
)
CATALOGUE: Texts = {key: text for part in PARTS for key, text in part.items()}
