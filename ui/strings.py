"""Words, durations and dates in the language of the screen."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Literal

from ui.catalogue import CATALOGUE
from ui.panes import Moment, Phrase, Says, Seconds

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")
_DAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip


class Words:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, placeholders filled in, numbers grouped, `n` choosing a plural.

        Raises `KeyError`.
        """
        text = CATALOGUE[key][self._column]
        one, _, many = text.partition("|")
        chosen = many if many and values.get("n") != 1 else one
        return chosen.format(**{name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> object:
        if not isinstance(value, int):
            return value
        return f"{value:,}".replace(",", "." if self.language == "id" else ",")

    def of(self, text: Says) -> str:
        """A phrase in this language, with whatever phrases and durations fill it; other text as it is."""
        if isinstance(text, str):
            return text
        group, _, code = text.key.partition(".")
        key = text.key if text.key in CATALOGUE else self.known(group, code)
        return self(key, **{name: self._said(value) for name, value in text.values})

    def _said(self, value: object) -> object:
        if isinstance(value, Phrase):
            return self.of(value)
        if isinstance(value, Moment):
            return self.day_time(value)
        if isinstance(value, date):
            return self.date(value)
        return self.duration(value) if isinstance(value, Seconds) else value

    def known(self, group: str, code: str) -> str:
        """The key of `code` in a group, or the group's `other` when the catalogue lacks it."""
        key = f"{group}.{code}"
        return key if key in CATALOGUE and "." not in code else f"{group}.other"

    def numbered(self, key: str) -> list[str]:
        """The texts `key.1`, `key.2`, ... as far as they go."""
        texts: list[str] = []
        while (numbered := f"{key}.{len(texts) + 1}") in CATALOGUE:
            texts.append(self(numbered))
        return texts

    def duration(self, seconds: int) -> str:
        """`45 detik`, `7 menit`, `1 jam 12 menit`: whole units, never rounded up."""
        minutes = seconds // 60
        hours, rest = divmod(minutes, 60)
        if not minutes:
            return self("duration.s", n=seconds)
        if not hours:
            return self("duration.min", n=minutes)
        return self("duration.h_min", h=hours, n=rest) if rest else self("duration.h", n=hours)

    def date(self, moment: date) -> str:
        """`Senin, 23 November 2026`; in English `Monday, 23 November 2026`."""
        day, month = _DAYS[self.language][moment.weekday()], _MONTHS[self.language][moment.month - 1]
        return f"{day}, {moment.day} {month} {moment.year}"

    def day_time(self, local: str) -> str:
        """`2026-11-23 06:52:14` as `23 Nov 06:52`."""
        day, month = int(local[8:10]), _MONTHS[self.language][int(local[5:7]) - 1][:3]
        return f"{day} {month} {local[11:16]}"

    def session(self, name: str) -> str:
        """A session's name: translated when the catalogue knows it, else as the policy spells it."""
        key = f"session.{name}"
        return self(key) if key in CATALOGUE else name[:1].upper() + name[1:]


@lru_cache(maxsize=2)
def words(language: Language) -> Words:
    """The catalogue in `language`."""
    return Words(language)
