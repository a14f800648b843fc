"""`kiosk-ui`: the screen of the kiosk, a client of the daemon's control socket."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import time
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
# Without this SDL draws our plain surface through OpenGL: 60 MB and five threads more on a desktop.
os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")

import pygame
import sdnotify

from ui.app import App
from ui.client import Client
from ui.gallery import headless, save_all, screenshot
from ui.metrics import Metrics
from ui.samples import SAMPLES
from ui.sounds import Speaker
from ui.stage import Director
from ui.strings import LANGUAGES
from ui.theme import ThemeName

DEFAULT_SIZE = (800, 480)
EXIT_OK, EXIT_NO_DISPLAY = 0, 3
INVISIBLE = {"dummy", "offscreen"}
log = logging.getLogger(__name__)


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, then draw one picture, all pictures, or the live screen."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=options.log_level, format="%(levelname)s %(name)s: %(message)s")
    if options.screenshot:
        return _save_one(options)
    if options.gallery:
        headless()
        sys.stdout.write(f"{save_all(options.gallery)} screens under {options.gallery}\n")
        return EXIT_OK
    return _show(options)


def _save_one(options: argparse.Namespace) -> int:
    headless()
    theme: ThemeName = "light" if options.theme == "auto" else options.theme
    width, height = options.size or DEFAULT_SIZE
    metrics = Metrics(width, height, options.diagonal)
    picture = screenshot(options.state, metrics, options.language, theme)
    pygame.image.save(picture, options.screenshot)
    return EXIT_OK


def _show(options: argparse.Namespace) -> int:
    try:
        screen = _open_display(options.size, fullscreen=options.fullscreen)
    except pygame.error as error:
        log.error("no display: %s; on a Pi without a desktop set SDL_VIDEODRIVER=kmsdrm", error)
        return EXIT_NO_DISPLAY
    client = Client(options.socket)
    director = Director(options.language, options.theme)
    app = App(
        client, director, screen, Speaker(), options.diagonal, lambda: time.time_ns() // 1_000_000,
        sdnotify.SystemdNotifier().notify,
    )  # fmt: skip
    app.run()
    pygame.quit()
    return EXIT_OK


def _open_display(size: tuple[int, int] | None, *, fullscreen: bool) -> pygame.Surface:
    # Not pygame.init(): joysticks and the like would be polled for nothing.
    pygame.display.init()
    if pygame.display.get_driver() in INVISIBLE and "SDL_VIDEODRIVER" not in os.environ:
        raise pygame.error("SDL found no screen to draw on")
    pygame.font.init()
    pygame.display.set_caption("Hadir")
    flags = pygame.FULLSCREEN if fullscreen else pygame.RESIZABLE
    screen = pygame.display.set_mode(size or ((0, 0) if fullscreen else DEFAULT_SIZE), flags)
    pygame.mouse.set_visible(not fullscreen)
    return screen


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,5})x(\d{3,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 800x480")
    return int(match[1]), int(match[2])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kiosk-ui", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--socket", type=Path, help="the daemon's ui socket")
    what.add_argument("--screenshot", type=Path, metavar="FILE", help="save a made-up state as PNG and leave")
    what.add_argument("--gallery", type=Path, metavar="DIR", help="save every state in every look and leave")
    parser.add_argument("--for", dest="state", choices=SAMPLES, default="idle", help="the state to save")
    parser.add_argument("--size", type=_size, help="the window, e.g. 800x480 (default), 1024x600, 600x1024")
    parser.add_argument("--diagonal", type=float, default=7.0, help="the display's diagonal in inches (7)")
    parser.add_argument("--fullscreen", action="store_true", help="the whole display, without a pointer")
    parser.add_argument("--language", choices=LANGUAGES, default="id", help="until the daemon says otherwise")
    parser.add_argument("--theme", choices=("auto", "light", "night"), default="auto")
    parser.add_argument("--log-level", default="INFO")
    return parser


if __name__ == "__main__":
    sys.exit(main())
