"""On which line of a TOML text each key stands, which `tomllib` does not tell.

The text is read by its grammar (https://toml.io/en/v1.0.0), not line by line: keys may be quoted or
dotted, and strings and arrays may run over many lines that look like keys.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+)')
_STRING = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"{3,5}|\'\'\'[\s\S]*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
)


def lines_of_keys(text: str) -> dict[Path, int]:
    """The line, from 1, of each table header and key in `text`; entries of [[tables]] are numbered.

    For a text that is not TOML it holds what could be read up to the mistake.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path | None = ()
        while table is not None and self._skip(_SPACE) and self._at < len(self._text):
            table = self._header() if self._text[self._at] == "[" else self._pair(table)
        return self._lines

    def _header(self) -> Path | None:
        line = self._line_here()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        names = self._dotted_key()
        if names is None or not self._text.startswith("]", self._at):
            return None
        self._at += 2 if array else 1
        path = self._resolved(names[:-1], line) + names[-1:]
        self._lines.setdefault(path, line)
        if array:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = (*path, self._arrays[path])
            self._lines[path] = line
        return path

    def _resolved(self, names: Path, line: int) -> Path:
        """The full path of a header's tables: those of an array mean its newest entry."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self._arrays:
                path = (*path, self._arrays[path])
            self._lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> Path | None:
        line = self._line_here()
        names = self._dotted_key()
        if names is None or not self._text.startswith("=", self._at):
            return None
        for length in range(1, len(names) + 1):
            self._lines.setdefault(table + names[:length], line)
        self._at += 1
        return table if self._value() else None

    def _dotted_key(self) -> Path | None:
        names: Path = ()
        while self._skip(_BLANK) and (found := _KEY.match(self._text, self._at)):
            self._at = found.end()
            names += (next(name for name in found.groups() if name is not None),)
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1
        return None

    def _value(self) -> bool:
        """Pass over one value up to the end of its line; brackets may nest over many lines."""
        depth = 0
        while self._at < len(self._text):
            here = self._text[self._at]
            if here in "\"'":
                found = _STRING.match(self._text, self._at)
                if found is None:
                    return False
                self._at = found.end()
                continue
            if here == "#" or (here == "\n" and depth == 0):
                self._at = (self._text.find("\n", self._at) + 1 or len(self._text) + 1) - 1
                if depth == 0:
                    return True
            depth += (here in "[{") - (here in "]}")
            self._at += 1
        return depth == 0

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return True

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line
