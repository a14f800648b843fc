"""The demo's clips: `python -m kiosk.demo.faces.clips DIR NUMBER` makes a folder of pictures for each.

`DIR/NUMBER/stand` is the living person waiting, `blink`, `left`, `right`, `closer` what they do when asked,
`print` a photo of them on paper, `enrol` pictures to enrol them by; `DIR/empty` is the room without them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from kiosk.demo.faces import attack, person
from kiosk.demo.faces.mesh import Picture
from kiosk.demo.faces.portrait import POINTS, portrait

FPS = 15
STAND_S, PRINT_S = 4.0, 4.0
ACT_S: dict[person.Act, float] = {"blink": 0.4, "left": 1.3, "right": 1.3, "closer": 1.7}
BEGINS_S = 0.1
JPEG_QUALITY = 90
RESTLESS = 0.35  # calm, so that one clip goes over into the next without a jump
ENROL_AT_S = (0.0, 1.1, 2.3, 3.7)
PRINTED = "print tilted"
ENROL, STAND, PRINT, EMPTY = "enrol", "stand", "print", "empty"


def write_all(folder: Path, number: str) -> None:
    """Make every clip that is not there yet, what is needed first at first; each appears whole."""
    if not (folder / EMPTY).exists():
        write_clip(folder / EMPTY, iter((_empty(),)))
    picture, mine = portrait(), folder / number
    frames: dict[Path, Callable[[], Iterator[Picture]]] = {
        mine / ENROL: lambda: (_person(picture, "").draw(at_s) for at_s in ENROL_AT_S),
        mine / STAND: lambda: _times(STAND_S, _person(picture, "").draw),
        **{mine / act: _acting(picture, act, length_s) for act, length_s in ACT_S.items()},
        mine / PRINT: lambda: _times(PRINT_S, attack.of_kind(PRINTED, _person(picture, "")).draw),
    }
    for clip, draw in frames.items():
        if not clip.exists():
            write_clip(clip, draw())


def write_clip(clip: Path, frames: Iterator[Picture]) -> None:
    """The pictures as `clip/0000.jpg` and on; the folder appears when it is whole."""
    aside = clip.with_name(f".{clip.name}")
    aside.mkdir(parents=True, exist_ok=True)
    for count, frame in enumerate(frames):
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(aside / f"{count:04}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    aside.rename(clip)


def _person(picture: Picture, act: str) -> person.Person:
    who = person.of_picture(picture, POINTS)
    who.restless = RESTLESS
    if not act:
        who.blink_by_itself(STAND_S)
    return who


def _acting(picture: Picture, act: person.Act, length_s: float) -> Callable[[], Iterator[Picture]]:
    def frames() -> Iterator[Picture]:
        who = _person(picture, act)
        who.motions.append(person.Motion(act, BEGINS_S, length_s))
        yield from _times(BEGINS_S + length_s + BEGINS_S, who.draw)

    return frames


def _times(length_s: float, draw: Callable[[float], Picture]) -> Iterator[Picture]:
    return (draw(number / FPS) for number in range(round(length_s * FPS)))


def _empty() -> Picture:
    """A plain wall, a little darker below, with the grain of a camera: without it, it would look printed."""
    width, height = person.SIZE
    shade = np.linspace(150, 110, height, dtype=np.float32)[:, None, None]
    grain = np.random.default_rng(1).normal(0.0, 2.5, (height, width, 1))
    return np.broadcast_to(shade + grain, (height, width, 3)).astype(np.uint8)


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    parser.add_argument("number")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    write_all(options.dir, options.number)


if __name__ == "__main__":
    main()
