"""Numbers, durations, dates and plurals read as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiosk.core.zone import ZONES
from ui.strings import words

MONDAY = datetime(2026, 11, 23, 6, 52, tzinfo=ZONES["WIB"])


def test_the_date_in_both_languages() -> None:
    assert words("id").date(MONDAY) == "Senin, 23 November 2026"
    assert words("en").date(MONDAY) == "Monday, 23 November 2026"


@pytest.mark.parametrize(
    ("seconds", "bahasa", "english"),
    [
        (1, "1 detik", "1 second"),
        (59, "59 detik", "59 seconds"),
        (60, "1 menit", "1 minute"),
        (437, "7 menit", "7 minutes"),
        (3600, "1 jam", "1 hour"),
        (4375, "1 jam 12 menit", "1 h 12 min"),
        (10_800, "3 jam", "3 hours"),
    ],
)
def test_durations_are_whole_units_never_rounded_up(seconds: int, bahasa: str, english: str) -> None:
    assert words("id").duration(seconds).replace("\u00a0", " ") == bahasa
    assert words("en").duration(seconds).replace("\u00a0", " ") == english


def test_large_numbers_are_grouped_by_locale() -> None:
    assert words("id")("today.count", n=12_345) == "12.345 presensi"
    assert words("en")("today.count", n=12_345) == "12,345 punches"
    assert words("en")("today.count", n=1) == "1 punch"


def test_a_policys_own_session_name_is_shown_as_it_is() -> None:
    assert words("id").session("morning") == "Pagi"
    assert words("id").session("apel pagi") == "Apel pagi"
