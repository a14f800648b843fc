"""The one type family of the screen (Debian's `fonts-inter`), its measures, and fitting text into boxes."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Literal

import pygame

Face = Literal["text", "strong", "display"]
PACKAGE = "fonts-inter"
FOLDERS = ("~/.local/share/fonts", "/usr/local/share/fonts", "/usr/share/fonts")
FILES: dict[Face, tuple[str, ...]] = {
    "text": ("Inter-Medium.otf", "Inter-Medium.ttf", "DejaVuSans.ttf"),
    "strong": ("Inter-SemiBold.otf", "Inter-SemiBold.ttf", "DejaVuSans-Bold.ttf"),
    "display": ("InterDisplay-SemiBold.otf", "InterDisplay-SemiBold.ttf", "DejaVuSans-Bold.ttf"),
}
ELLIPSIS = "…"
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def font_files() -> dict[Face, Path | None]:
    """Where each face is; None means the font built into pygame, and a warning naming the package."""
    wanted = {name for names in FILES.values() for name in names}
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in Path(folder).expanduser().rglob("*.[ot]tf"):
            if path.name in wanted:
                found.setdefault(path.name, path)
    files = {face: next((found[n] for n in names if n in found), None) for face, names in FILES.items()}
    if any(path is None or not path.name.startswith("Inter") for path in files.values()):
        log.warning("the Inter fonts are missing, using others: apt-get install %s", PACKAGE)
    return files


@lru_cache(maxsize=64)
def font(face: Face, size: int) -> pygame.font.Font:
    """A face at so many pixels per em."""
    path = font_files()[face]
    return pygame.font.Font(path, size)


@lru_cache(maxsize=2048)
def width(text: str, face: Face, size: int) -> int:
    """How wide a line of text is."""
    return font(face, size).size(text)[0]


@lru_cache(maxsize=64)
def line_height(face: Face, size: int) -> int:
    """The height of a line: ascent and descent, so that nothing is cut."""
    made = font(face, size)
    return max(made.get_linesize(), made.get_height())


@lru_cache(maxsize=64)
def cap_height(face: Face, size: int) -> int:
    """The height of a capital letter, by which text is centred."""
    metrics = font(face, size).metrics("H")[0]
    return int(metrics[3]) if metrics else size


@lru_cache(maxsize=1024)
def printable(text: str) -> str:
    """`text` on one line, without what our fonts cannot show (emoji, control characters)."""
    shown = font("text", 16)
    kept = [
        c
        for c, metric in zip(text, shown.metrics(text), strict=False)
        if metric and (c.isprintable() or c == "\u00a0")
    ]
    return " ".join(word for word in "".join(kept).split(" ") if word)


@lru_cache(maxsize=512)
def wrap(text: str, face: Face, size: int, limit: int) -> tuple[str, ...]:
    """The lines of `text` within `limit` pixels, about equally long; a single word may be wider."""
    lines = _greedy(text, face, size, limit)
    if len(lines) < 2:
        return lines
    low, high = 1, limit
    while low < high:
        middle = (low + high) // 2
        tried = _greedy(text, face, size, middle)
        if len(tried) <= len(lines) and max(width(line, face, size) for line in tried) <= middle:
            high = middle
        else:
            low = middle + 1
    return _greedy(text, face, size, high)


@lru_cache(maxsize=512)
def fit(text: str, face: Face, sizes: tuple[int, ...], limit: int, rows: int) -> tuple[int, tuple[str, ...]]:
    """The first of `sizes` at which `text` takes at most `rows` lines of `limit` pixels, and those lines.

    At the last size whatever does not fit is cut with an ellipsis.
    """
    for size in sizes:
        lines = wrap(text, face, size, limit)
        if len(lines) <= rows and all(width(line, face, size) <= limit for line in lines):
            return size, lines
    size = sizes[-1]
    lines = _greedy(text, face, size, limit)
    kept = [*lines[: rows - 1], " ".join(lines[rows - 1 :])]
    return size, tuple(shorten(line, face, size, limit) for line in kept if line)


@lru_cache(maxsize=512)
def shorten(text: str, face: Face, size: int, limit: int) -> str:
    """`text`, cut with an ellipsis when it is wider than `limit`."""
    if width(text, face, size) <= limit:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + ELLIPSIS, face, size) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def _greedy(text: str, face: Face, size: int, limit: int) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, face, size) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)
