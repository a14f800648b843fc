"""What a person at the screen is asked or shown, as plain data: one pane at a time.

Words are phrases of the catalogue, so that the language may change in the middle; plain strings are
names, numbers and what somebody typed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from kiosk.core.courier import SealOut
from kiosk.core.desk import MyRecord
from ui.theme import ToneName

Keys = Literal["digits", "letters"]
Case = Literal["sentence", "title", "upper"]
PATIENCE_S = 45.0


class Seconds(int):
    """A duration, said in words where it is shown."""


class Moment(str):
    """A local time such as `2026-11-23 06:52:14`, shown as `23 Nov 06:52`."""

    __slots__ = ()


@dataclass(frozen=True)
class Phrase:
    """A text of the catalogue and what fills its gaps."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


Says = str | Phrase


def say(key: str, **values: object) -> Phrase:
    """The phrase of `key`."""
    return Phrase(key, tuple(values.items()))


@dataclass(frozen=True)
class Tile:
    """Something to choose; `badge` counts what waits behind it."""

    value: str
    icon: str
    text: Says
    badge: int = 0
    tone: ToneName | None = None


@dataclass(frozen=True)
class Choice:
    """A few tiles, one of them to be touched."""

    title: Says
    tiles: tuple[Tile, ...]
    lead: Says = ""
    patience_s: float = PATIENCE_S


@dataclass(frozen=True)
class Entry:
    """Something to type: `least` to `most` characters, dots when `secret`.

    `problem` says what was wrong, `other` is a key beside it.
    """

    title: Says
    label: Says
    keys: Keys = "digits"
    text: str = ""
    secret: bool = False
    least: int = 1
    most: int = 18
    case: Case = "sentence"
    problem: Says = ""
    symbols: bool = False
    other: Tile | None = None
    patience_s: float = PATIENCE_S

    @property
    def enough(self) -> bool:
        """Whether it can be sent as it is."""
        return self.least <= len(self.text.strip()) or self.least == 0

    def pressed(self, key: str) -> Entry:
        """After a key: a character, `erase`, or `symbols` for the other half of the keyboard."""
        if key == "erase":
            return replace(self, text=self.text[:-1], problem="")
        if key == "symbols":
            return replace(self, symbols=not self.symbols)
        if len(key) != 1 or len(self.text) >= self.most:
            return self
        return replace(self, text=self.text + self._cased(key), problem="")

    def _cased(self, key: str) -> str:
        starts = {"sentence": not self.text.strip(), "title": not self.text or self.text[-1] in " .'-"}
        return key.upper() if starts.get(self.case, True) else key.lower()


@dataclass(frozen=True)
class Row:
    """One line of a list; without a `value` it cannot be touched."""

    main: Says
    detail: Says = ""
    end: Says = ""
    value: str = ""
    icon: str = ""
    tone: ToneName | None = None


@dataclass(frozen=True)
class Listing:
    """Rows from `first` on, `empty` when there are none, and keys below them."""

    title: Says
    rows: tuple[Row, ...]
    lead: Says = ""
    empty: Says = Phrase("list.empty")
    keys: tuple[Tile, ...] = ()
    first: int = 0
    patience_s: float = 120.0


@dataclass(frozen=True)
class Reading:
    """Text to be read, from line `first` on, and what can be answered; if `whole`, only at its end."""

    title: Says
    paragraphs: tuple[Says, ...]
    keys: tuple[Tile, ...] = ()
    first: int = 0
    whole: bool = False
    patience_s: float = 180.0


@dataclass(frozen=True)
class Record:
    """Somebody's own record, its punches from `first` on."""

    record: MyRecord
    first: int = 0
    patience_s: float = 60.0


@dataclass(frozen=True)
class Shown:
    """Something to be read out or photographed: `big` in large type, `code` as a QR code, and what to do."""

    title: Says
    big: str
    lines: tuple[Says, ...]
    code: str
    keys: tuple[Tile, ...] = ()
    patience_s: float = 600.0


@dataclass(frozen=True)
class Sealed:
    """A day's seal, to be photographed."""

    seal: SealOut
    patience_s: float = 120.0


@dataclass(frozen=True)
class Told:
    """How something ended: in a colour, an icon, a headline and what to do."""

    tone: ToneName
    icon: str
    title: Says
    lead: Says
    steps: tuple[Says, ...] = ()
    patience_s: float = 15.0


@dataclass(frozen=True)
class Busy:
    """The kiosk is at work on what was asked; it may be given up if `can_end`."""

    title: Says
    can_end: bool = False
    patience_s: float = 600.0


Pane = Choice | Entry | Listing | Reading | Record | Sealed | Shown | Told | Busy
PANES = get_args(Pane)
