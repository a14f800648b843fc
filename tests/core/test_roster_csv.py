import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.api import PersonRow
from kiosk.core.roster_csv import BadRosterError, read_roster

BUDI = "198501012010011001"
SITI = "199002022015022002"


def test_english_and_bahasa_headers_give_the_same_rows() -> None:
    english = f"nip,name,category,unit\n{BUDI},Budi,PNS,SMPN 1\n"
    bahasa = f"Nama ; NIP;Unit Kerja;Golongan\nBudi;{BUDI};SMPN 1;pns\n"
    expected = (PersonRow(2, BUDI, "Budi", "PNS", "SMPN 1"),)
    assert read_roster(english.encode()).rows == expected
    assert read_roster(bahasa.encode()).rows == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_the_spreadsheet_wrote_is_read(encoding: str, delimiter: str, end: str) -> None:
    text = end.join((delimiter.join(("NIP", "Nama")), delimiter.join((BUDI, "José")), ""))
    assert read_roster(text.encode(encoding)).rows == (PersonRow(2, BUDI, "José"),)


def test_excels_own_marks_are_passed_over() -> None:
    text = f'sep=;\nNIP;Nama\n\'{BUDI};Budi\n="{SITI}";Siti\n'
    assert [row.number for row in read_roster(text.encode()).rows] == [BUDI, SITI]


@pytest.mark.parametrize("rounded", ["1.98501E+17", "1,98501E+17", "1.98501e17", "2E+17"])
def test_a_number_the_spreadsheet_rounded_is_explained(rounded: str) -> None:
    roster = read_roster(f"nip;nama\n{rounded};Budi\n{SITI};Siti\n".encode())
    assert [row.number for row in roster.rows] == [SITI]
    (error,) = roster.errors
    assert (error.line, error.part) == (2, "spreadsheet")
    assert "last digits are lost" in error.message
    assert "Text" in error.ask


def test_three_zeros_at_the_end_are_blamed_on_the_spreadsheet() -> None:
    (error,) = read_roster(b"nip,nama\n198501012010011000,Budi\n").errors
    assert error.part == "serial"
    assert "15 digits" in error.message


def test_each_bad_row_is_named_and_the_good_ones_stay() -> None:
    text = f"""nip,nama,aktif,jabatan
{BUDI},Budi,ya,Guru
198513012010011001,Agus,ya,Guru
12345678901234567,Rini,ya,Guru
{SITI},,ya,Guru
{BUDI},Budi lagi,ya,Guru
H-001,Joko,mungkin,Guru

H-002,Wati,tidak,Guru
,Nobody,ya,Guru
"""
    roster = read_roster(text.encode())
    assert roster.rows == (
        PersonRow(2, BUDI, "Budi", active=True),
        PersonRow(9, "H-002", "Wati", active=False),
    )
    assert [(error.line, error.part) for error in roster.errors] == [
        (3, "birth date"),
        (4, "length"),
        (5, "name"),
        (6, "number"),
        (7, "active"),
        (10, "length"),
    ]
    assert "line 2" in roster.errors[3].message
    assert roster.ignored == ("jabatan",)


def test_a_name_may_hold_delimiters_quotes_and_line_ends() -> None:
    text = f'nip,nama\n{BUDI},"Budi ""B"" Santoso, S.Pd.,\nM.M."\nH-9,Wati\n'
    rows = read_roster(text.encode()).rows
    assert [(row.line, row.name) for row in rows] == [(2, 'Budi "B" Santoso, S.Pd., M.M.'), (4, "Wati")]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "names no column"),
        (b"198501012010011001,Budi\n", "names no column"),
        (b"nip,unit\n1,2\n", "no column for the name"),
        (b"nip,nik,nama\n", "number twice"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"nip,nama\n\0", "no text file"),
        (b"nip,nama\n1,\"" + b"x" * 200_000, "field larger"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_roster_is_refused_as_a_whole(raw: bytes, why: str) -> None:
    with pytest.raises(BadRosterError, match=why) as caught:
        read_roster(raw)
    assert caught.value.hint


def test_categories_are_brought_to_one_spelling() -> None:
    text = "nip,nama,kategori\nA1,a,pppk\nA2,b,Non-ASN\nA3,c,Tamu\nA4,d,dewan\n"
    assert [row.category for row in read_roster(text.encode()).rows] == ["P3K", "honorer", "guest", "dewan"]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_do_worse_than_be_refused(raw: bytes) -> None:
    with contextlib.suppress(BadRosterError):
        read_roster(b"nip,nama\n" + raw)


NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@given(
    st.dictionaries(st.from_regex(r"[A-D]-[0-9]{1,6}", fullmatch=True), NAMES, max_size=8),
    st.sampled_from(",;\t"),
)
def test_what_was_written_is_read_back(people: dict[str, str], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["nama", "nip"])
    writer.writerows((name, number) for number, name in people.items())
    roster = read_roster(out.getvalue().encode())
    assert {row.number: row.name for row in roster.rows} == people
