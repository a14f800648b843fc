"""QR codes (ISO/IEC 18004) as surfaces of whole pixels a module, dark on light whatever the theme."""

from __future__ import annotations

from functools import lru_cache

import pygame
import segno

QUIET = 4
DARK, LIGHT = (0, 0, 0), (255, 255, 255)


@lru_cache(maxsize=4)
def modules(data: str) -> tuple[tuple[bool, ...], ...]:
    """The rows of modules, dark ones true, without the quiet zone. Raises `segno.DataOverflowError`."""
    made = segno.make_qr(data, error="l", boost_error=True)
    return tuple(tuple(bool(module) for module in row) for row in made.matrix)


@lru_cache(maxsize=2)
def code(data: str, size: int) -> pygame.Surface:
    """The code as large as whole modules allow in `size` x `size` pixels, centred on white."""
    rows = modules(data)
    side = len(rows) + 2 * QUIET
    small = pygame.Surface((side, side))
    small.fill(LIGHT)
    for y, row in enumerate(rows, QUIET):
        for x, dark in enumerate(row, QUIET):
            if dark:
                small.set_at((x, y), DARK)
    whole = pygame.Surface((size, size))
    whole.fill(LIGHT)
    fitted = side * max(1, size // side)
    whole.blit(pygame.transform.scale(small, (fitted, fitted)), ((size - fitted) // 2, (size - fitted) // 2))
    return whole
