"""A made-up picture of the camera, for screenshots: somebody drawn, nobody's face."""

from __future__ import annotations

from functools import lru_cache

import pygame

from kiosk.core.preview import FaceBox, Picture
from ui.preview import Shot

WIDTH, HEIGHT = 640, 480


@lru_cache(maxsize=1)
def sample_shot() -> Shot:
    """A figure before a wall, its face marked as track 1; another behind it as track 2."""
    surface = pygame.Surface((WIDTH, HEIGHT))
    for y in range(HEIGHT):
        pygame.draw.line(surface, (176 - y // 9, 184 - y // 9, 178 - y // 8), (0, y), (WIDTH, y))
    pygame.draw.rect(surface, (118, 134, 140), (60, 70, 130, 180))
    _figure(surface, (486, 200), 46, (122, 96, 80), (70, 88, 120))
    _figure(surface, (306, 212), 92, (150, 112, 88), (44, 92, 84))
    faces = (FaceBox(1, 335, 220, 622, 665), FaceBox(2, 685, 300, 834, 525))
    pixels = pygame.image.tobytes(surface, "RGB")
    return Shot(1, Picture(1, 0, WIDTH, HEIGHT, 3 * WIDTH, pixels, faces))


def _figure(
    surface: pygame.Surface,
    head: tuple[int, int],
    size: int,
    skin: tuple[int, int, int],
    coat: tuple[int, int, int],
) -> None:
    x, y = head
    shoulders = pygame.Rect(x - round(size * 1.9), y + round(size * 1.35), round(size * 3.8), size * 4)
    pygame.draw.rect(surface, coat, shoulders, border_radius=size)
    pygame.draw.rect(surface, skin, (x - size // 3, y + size // 2, round(size * 0.66), size))
    pygame.draw.ellipse(
        surface, skin, (x - round(size * 0.78), y - size, round(size * 1.56), round(size * 2.1))
    )
    hair = (x - round(size * 0.82), y - round(size * 1.1), round(size * 1.64), size)
    pygame.draw.ellipse(surface, (38, 32, 30), hair)
    for side in (-1, 1):
        pygame.draw.circle(
            surface, (30, 26, 26), (x + side * round(size * 0.3), y + size // 8), max(3, size // 14)
        )
