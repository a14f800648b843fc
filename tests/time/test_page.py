"""docs/time.md: every row of its matrix has its test."""

from __future__ import annotations

import re
from pathlib import Path

import tests.time.test_matrix as matrix

PAGE = Path(__file__).resolve().parents[2] / "docs" / "time.md"
ROWS = {
    "no RTC, power cut": "test_no_rtc_after_a_power_cut_is_bracketed_when_the_time_is_known_again",
    "the year 1970": "test_the_year_1970_is_not_believed",
    "a clock in the future": "test_a_clock_in_the_future_claims_nothing_and_is_put_back",
    "NTP arrives after an hour": "test_ntp_after_an_hour_corrects_that_hour",
    "a step backwards during a punch": "test_a_step_back_during_a_punch_does_not_reach_the_punch",
    "a wrong RTC": "test_a_wrong_rtc_that_nobody_compared_is_not_believed",
    "a source found wrong": "test_a_source_found_wrong_later_has_its_records_corrected",
    "GPS only": "test_gps_only",
    "centre only": "test_centre_only",
    "the centre's clock leaps": "test_a_centre_whose_clock_is_off_for_a_while_is_not_followed",
    "dead RTC battery": "test_a_dead_rtc_battery_is_seen_by_a_time_that_has_passed",
    "an RTC kept for too long": "test_an_rtc_kept_too_long_says_nothing",
    "the zone is changed": "test_a_change_of_zone_changes_no_record",
    "a leap second": "test_a_leap_second_is_part_of_the_uncertainty",
    "kioskd restarted within a boot": "test_kioskd_restarted_in_the_same_boot_still_knows_the_time",
}


def test_every_row_of_the_matrix_has_its_test() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## The matrix")[1].split("\n## ")[0]
    rows = [
        row
        for row in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
        if row not in ("what happens", "---")
    ]
    for row in rows:
        name = next((test for words, test in ROWS.items() if row.startswith(words)), "")
        assert hasattr(matrix, name), row
    assert len(rows) == len(ROWS)
