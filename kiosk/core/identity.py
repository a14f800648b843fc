"""Identity numbers of Indonesian staff: NIP (18 digits, checked part by part), NIPPPK, NIK, local ids.

NIP since 2008 (Perka BKN 22/2007): birth date YYYYMMDD, month of appointment YYYYMM, sex 1 or 2,
serial 001-999. A NIPPPK has the same length; where a NIP has the month it has a contract code from 21 up;
NIK has 16 digits with the birth date DDMMYY in the middle (day + 40 for women).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

NumberKind = Literal["nip", "nipppk", "nik", "local"]
MAX_LOCAL_ID = 24


class BadNumberError(ValueError):
    """An identity number is refused; `part` names the wrong part, `ask` whom to ask."""

    def __init__(self, part: str, message: str, ask: str = "BKPSDM") -> None:
        super().__init__(message)
        self.part = part
        self.ask = ask


@dataclass(frozen=True, slots=True)
class Number:
    """A checked identity number."""

    kind: NumberKind
    text: str


def parse_number(text: str, *, today: date | None = None) -> Number:
    """Check `text` and say what kind of number it is.

    Spaces, dots and dashes between digits are passed over. `today`, where known, refuses dates
    in the future. Raises `BadNumberError` naming the part that is wrong.
    """
    compact = "".join(text.split()).replace(".", "").replace("-", "")
    if compact.isdigit() and compact.isascii():
        if len(compact) == 18:
            return _parse_nip(compact, today)
        if len(compact) == 16:
            return _parse_nik(compact)
        if len(compact) > 12:
            raise BadNumberError(
                "length",
                f"{len(compact)} digits: a NIP has 18, a NIK 16",
                "the person's appointment letter (SK)",
            )
    return _parse_local("".join(text.split()))


def _parse_nip(digits: str, today: date | None) -> Number:
    born = _date(digits[:8], "birth date")
    year, month, sex, serial = (
        int(digits[8:12]),
        int(digits[12:14]),
        digits[14],
        digits[15:],
    )
    contract = month > 12
    if not (1 <= month <= 12 or 21 <= month <= 32):
        raise BadNumberError(
            "appointment month",
            f"NIP digits 13-14 are {digits[12:14]}: a month is 01 to 12",
        )
    if not born.year + 15 <= year <= born.year + 70:
        raise BadNumberError(
            "appointment year",
            f"NIP digits 9-12 say appointed in {year}, born in {born.year}: that cannot be",
        )
    if today is not None and (year, 0 if contract else month) > (today.year, today.month):
        raise BadNumberError(
            "appointment year", f"NIP digits 9-14 say appointed {year}-{month:02}, in the future"
        )
    if sex not in "12":
        raise BadNumberError("sex", f"NIP digit 15 is {sex}: 1 is a man, 2 a woman")
    if serial == "000":
        raise BadNumberError("serial", "NIP digits 16-18 are 000: serials begin at 001")
    return Number("nipppk" if contract else "nip", digits)


def _parse_nik(digits: str) -> Number:
    if digits[:2] == "00":
        raise BadNumberError("region", "NIK digits 1-6 are no region", "Dukcapil")
    day = int(digits[6:8])
    day = day - 40 if day > 40 else day
    if not (1 <= day <= 31 and 1 <= int(digits[8:10]) <= 12):
        raise BadNumberError(
            "birth date",
            f"NIK digits 7-12 ({digits[6:12]}) are no birth date",
            "Dukcapil",
        )
    if digits[12:] == "0000":
        raise BadNumberError("serial", "NIK digits 13-16 are 0000: serials begin at 0001", "Dukcapil")
    return Number("nik", digits)


def _parse_local(text: str) -> Number:
    if not text:
        raise BadNumberError("length", "the number is empty", "the unit's operator")
    if len(text) > MAX_LOCAL_ID:
        raise BadNumberError(
            "length",
            f"a local id has at most {MAX_LOCAL_ID} characters",
            "the unit's operator",
        )
    if not (text.isascii() and all(c.isalnum() or c in "-._/" for c in text)):
        raise BadNumberError(
            "characters",
            "a local id holds letters A-Z, digits and - . _ / only",
            "the unit's operator",
        )
    return Number("local", text)


def _date(digits: str, part: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError as error:
        raise BadNumberError(part, f"NIP digits 1-8 ({digits}) are no date") from error
