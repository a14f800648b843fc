import contextlib
from datetime import time
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.checked import BadFileError, line_of, read_text, read_toml


class Door(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    opens: time = time(7)
    days: tuple[Literal["mon", "tue"], ...] = ()


class Roof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    colour: Literal["red", "green"] = "red"
    height: float | None = None
    slates: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class House(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    street: Annotated[str, msgspec.Meta(min_length=1)] = "Jalan Mawar"
    lit: bool = False
    roof: Roof = Roof()
    doors: tuple[Door, ...] = msgspec.field(name="door", default=())


def faults(text: str) -> list[str]:
    with pytest.raises(BadFileError) as caught:
        read_toml(text, House, "house.toml")
    return [str(fault) for fault in caught.value.faults]


def test_a_sound_file_is_read() -> None:
    house = read_toml('roof.colour = "green"\n[[door]]\nname="front"\nopens=06:30:00\n', House, "x")
    assert house == House(roof=Roof("green"), doors=(Door("front", time(6, 30)),))


def test_everything_wrong_is_said_at_once_with_its_line() -> None:
    text = """\
stret = "Jalan Melati"
lit = "true"

[roof]
colour = "Gren"
slates = 12
name = "mine"

[[door]]
name = "front"
[[door]]
opens = "07:30"
days = ["mon", "Tuesday"]
"""
    assert faults(text) == [
        "line 1: unknown key stret; did you mean 'street'?",
        "line 2: lit: true or false is wanted, not 'true'; write it without quotes",
        "line 5: roof.colour: 'Gren' is not one of red, green; did you mean 'green'?",
        "line 6: roof.slates: 12 is too large: at most 9",
        "line 7: unknown key roof.name; it belongs into [door]",
        "line 11: door[2].name is missing",
        "line 12: door[2].opens: '07:30' is not a time such as 07:30:00 (without quotes)",
        "line 13: door[2].days: entry 2: 'Tuesday' is not one of mon, tue; did you mean 'tue'?",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("street = 5", "line 1: street: text in quotes is wanted, not 5"),
        ('street = ""', "line 1: street: must not be empty"),
        ("lit = 1", "line 1: lit: true or false is wanted, not 1"),
        ('roof = "red"', "line 1: roof: a table is wanted, not a value: [roof]"),
        ("[door]\nname='x'", "line 1: door: there may be several; write [[door]] with two brackets"),
        ("door = [1]", "line 1: door: there may be several; write [[door]] with two brackets"),
        ("[roof]\nslates = 0", "line 2: roof.slates: 0 is too small: at least 1"),
        ("[roof]\nslates='3'",
         "line 2: roof.slates: a whole number is wanted, not '3'; write it without quotes"),
        ("[roof]\nheight = 'x'", "line 2: roof.height: a number is wanted, not 'x'"),
        ("[roofs]", "line 1: unknown key roofs; did you mean 'roof'?"),
        ("[garden]\nsize = 4", "line 1: unknown key garden; known here: door, lit, roof, street"),
        ("[roof]\nlit = true", "line 2: unknown key roof.lit; it belongs above the first [table]"),
        ("[[door]]\nname='a'\ndays='mon'", "line 3: door[1].days: a list in [ ] is wanted, not 'mon'"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_words(text: str, fault: str) -> None:
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lit = True", "write true or false, in lower case"),
        ("lit = yes", "write true or false, in lower case"),
        ("street = Jalan Mawar", "text stands in quotes"),
        ("opens = 7:30", "a time is written 07:30:00"),
        ("opens = 07.30 # early", "a time is written 07:30:00"),
        ("street: 'x'", "a key is set with ="),
        ("lit = true\nlit = false\n#", "this is set a second time; keep one of the two"),
        ("[roof]\n[roof]", "this is set a second time; keep one of the two"),
    ],
)
def test_what_is_no_toml_gets_advice(text: str, fault: str) -> None:
    assert next(f for f in faults(text) if "not TOML" in f).endswith(fault)


def test_mistakes_of_grammar_do_not_hide_the_others() -> None:
    text = "lit = True\nstreet = Mawar\n[roof]\nslats = 3\nheight = 1,5\n"
    assert [fault.partition(";")[0] for fault in faults(text)] == [
        "line 1: not TOML: invalid value",
        "line 2: not TOML: invalid value",
        "line 4: unknown key roof.slats",
        "line 5: not TOML: expected newline or end of document after a statement",
    ]


def test_an_unreadable_header_says_nothing_about_the_keys_below_it() -> None:
    assert faults("[roof\nslates = 3\n") == [
        "line 1: not TOML: expected ']' at the end of a table declaration"
    ]


def test_a_file_in_another_encoding_names_the_line() -> None:
    with pytest.raises(BadFileError, match=r"x: line 2: not UTF-8"):
        read_text(b"a = 1\nb = '\xe9'\n", "x")
    assert read_text(b"\xef\xbb\xbfa = 1", "x") == "a = 1"


TRICKY = '''\
# street = "a comment"
"street" = """
lit = true
[roof]
"""
roof . colour = 'red' # slates = 3
roof.tiles = [
  "height = 1", # ]
  { slates = 4 },
]
[[door]]
name = "a"
[[door]]
  name = "[[door]]"
  [door.lock]
  key = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("street",), 2),
        (("lit",), 0),
        (("roof", "colour"), 6),
        (("roof", "slates"), 6),
        (("roof", "tiles"), 7),
        (("door", 0, "name"), 12),
        (("door", 1), 13),
        (("door", 1, "name"), 14),
        (("door", 1, "lock", "key"), 16),
        (("door", 1, "lock", "none"), 15),
        (("nothing",), 0),
    ],
)
def test_keys_are_found_where_the_grammar_puts_them(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TRICKY, path) == line


KEYS = st.text("abcdefgh_-", min_size=1, max_size=6)
VALUES = st.sampled_from(
    ["1", '"x = 1"', "'''\n[a]\nb = 2\n'''", "[\n1,\n2\n]", "{ c = 1 }", '"""\\"\n"""', "07:30:00"]
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=8), st.lists(KEYS, max_size=3))
def test_the_line_found_is_the_line_written(pairs: dict[str, str], header: list[str]) -> None:
    written, text = {}, "".join(f"[{'.'.join(header)}]\n" if header else "")
    for key, value in pairs.items():
        written[key] = text.count("\n") + 1
        text += f"{key} = {value} # comment [x]\n"
    for key, line in written.items():
        assert line_of(text, (*header, key)) == line


@given(st.text(st.sampled_from("ab=[]{}\"'\n#.,1 \\"), max_size=40))
def test_no_text_whatever_is_worse_than_a_bad_file(text: str) -> None:
    with contextlib.suppress(BadFileError):
        read_toml(text, House, "x")
