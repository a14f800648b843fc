from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.identity import MAX_LOCAL_ID, BadNumberError, Number, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("198501012010011001", Number("nip", "198501012010011001")),
        (" 19850101 201001 1 001 ", Number("nip", "198501012010011001")),
        ("19850101.201001.1-001", Number("nip", "198501012010011001")),
        ("199103142022212005", Number("nipppk", "199103142022212005")),
        ("3515140508680001", Number("nik", "3515140508680001")),
        ("3515144508680002", Number("nik", "3515144508680002")),
        ("H-007", Number("local", "H-007")),
        ("12345", Number("local", "12345")),
    ],
)
def test_each_kind_of_number_is_recognised(text: str, number: Number) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("198513012010011001", "birth date"),
        ("198502302010011001", "birth date"),
        ("198501012010131001", "appointment month"),
        ("198501012010001001", "appointment month"),
        ("198501012010331001", "appointment month"),
        ("198501011995011001", "appointment year"),
        ("198501012060011001", "appointment year"),
        ("198501012010013001", "sex"),
        ("198501012010011000", "serial"),
        ("1985010120100110011", "length"),
        ("19850101201001100", "length"),
        ("0015140508680001", "region"),
        ("3515143208680001", "birth date"),
        ("3515147208680001", "birth date"),
        ("3515140513680001", "birth date"),
        ("3515140508680000", "serial"),
        ("", "length"),
        ("   ", "length"),
        ("x" * (MAX_LOCAL_ID + 1), "length"),
        ("H 007!", "characters"),
        ("Ö-1", "characters"),
        ("١٢٣", "characters"),
    ],
)
def test_a_refusal_names_the_part_and_whom_to_ask(text: str, part: str) -> None:
    with pytest.raises(BadNumberError) as caught:
        parse_number(text)
    assert caught.value.part == part
    assert caught.value.ask


def test_where_the_day_is_known_the_future_is_refused() -> None:
    may = date(2026, 5, 20)
    assert parse_number("199901012026051001", today=may).kind == "nip"
    with pytest.raises(BadNumberError, match="future"):
        parse_number("199901012026061001", today=may)
    assert parse_number("199901012026061001").kind == "nip"


def test_a_contract_code_is_no_month() -> None:
    assert parse_number("199901012026281001", today=date(2026, 2, 1)).kind == "nipppk"
    with pytest.raises(BadNumberError, match="future"):
        parse_number("199901012027211001", today=date(2026, 2, 1))


@given(
    born=st.dates(date(1950, 1, 1), date(2005, 12, 31)),
    age=st.integers(18, 60),
    month=st.integers(1, 12),
    sex=st.sampled_from("12"),
    serial=st.integers(1, 999),
    gap=st.sampled_from(["", " ", ".", "-"]),
)
def test_every_well_formed_nip_is_taken(
    born: date, age: int, month: int, sex: str, serial: int, gap: str
) -> None:
    parts = [f"{born:%Y%m%d}", f"{born.year + age}{month:02}", sex, f"{serial:03}"]
    assert parse_number(gap.join(parts)) == Number("nip", "".join(parts))


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_refusal_and_parsing_twice_changes_nothing(text: str) -> None:
    try:
        number = parse_number(text)
    except BadNumberError:
        return
    assert parse_number(number.text) == number
    assert number.text.isascii()
