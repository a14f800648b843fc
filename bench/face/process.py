"""The whole kiosk-face: how soon it recognises, what it holds and uses, whether the preview stays smooth."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from bench.face.lobby import FPS, Lobby, OwnPace, film, keep_time, lobby
from bench.face.pictures import People, Picture
from bench.figure import Figure
from bench.process import cpu_share, most_resident_bytes
from drivers.base.camera import Pixels
from drivers.base.face import Vector
from drivers.face.gallery import merged
from kiosk.core import facing
from kiosk.core.preview import PreviewReader
from kiosk.demo.faces import person

STARTS = 3
SMOOTH_S, IDLE_S = 30.0, 60.0
LONG_S = 600.0
CROWD, STAY_S = 5, 4.0
KNOWN = 0.97
MB, NS = 1e6, 1e9
ENDED = facing.Enrolled | facing.JobFailed


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of the preview: when it was grabbed, and when a reader saw its number (monotonic)."""

    number: int
    at_s: float
    seen_s: float


def figures(people: People) -> Iterator[Figure]:
    chosen = [(name, _frontal(pictures)) for name, pictures in people.items() if len(pictures) >= 4]
    visitors = [(name, picture) for name, picture in chosen if picture is not None][:CROWD]
    gallery = _gallery(people, [name for name, _ in visitors])
    with lobby() as room:
        yield from _alone(room, gallery, visitors[0][1])
    with lobby() as room:
        yield from _crowd(room, gallery, visitors)


def _alone(room: Lobby, gallery: dict[str, list[Vector]], picture: Picture) -> Iterator[Figure]:
    who = person.of_picture(picture.pixels(), picture.points, 1)
    clip = film(room.folder / "visitor", (who.draw(number / FPS) for number in range(4 * FPS)))
    room.camera("play", clip=str(clip), seconds=LONG_S)
    starts = [_started(room, gallery) for _ in range(STARTS)]
    soonest_s, seen = sorted(starts, key=lambda start: start[0])[len(starts) // 2]
    yield Figure("face", "start to first recognition", soonest_s, "s", 5.0, "limit")
    yield Figure("face", "usable frames to the decision, real process", seen.frames, "frames", 3, "limit")
    yield Figure("face", "first sight to decision, real process", seen.took_ms, "ms")
    pace = OwnPace(room.port)
    pace.start()
    shown = _shown(room, picture, SMOOTH_S)
    yield from _smoothness(shown, max(pace.stop()))
    memory = sum(most_resident_bytes(pid) for pid in room.pids) / MB
    yield Figure("face", "memory of kiosk-face with its network", memory, "MB", 350.0, "limit")


def _started(room: Lobby, gallery: dict[str, list[Vector]]) -> tuple[float, facing.Seen]:
    """One start with somebody before the camera, and how long until they are known."""
    if room.face is not None:
        room.face.process.kill()
        room.face.process.wait()
    since, start_s = len(room.desk.said), time.monotonic()
    room.start(gallery, "off")
    seen = room.desk.hear(facing.Seen, since)
    return time.monotonic() - start_s, seen


def _smoothness(shown: list[Shown], own_gap_ms: float) -> Iterator[Figure]:
    """What the screen would see, what the camera did meanwhile, and what lies between the two: our part."""
    gaps = [1000 * (after.seen_s - before.seen_s) for before, after in pairwise(shown)]
    held = sorted(1000 * (one.seen_s - one.at_s) for one in shown)
    longest, usual = max(gaps), held[len(held) * 99 // 100]
    skipped = shown[-1].number - shown[0].number + 1 - len(shown)
    yield Figure("face", "longest gap of the preview while the network runs", longest, "ms", 50.0, "limit")
    yield Figure(
        "face",
        "the same, beside the camera's own longest gap",
        longest,
        "ms",
        own_gap_ms,
        "the camera itself",
    )
    yield Figure("face", "from a frame's arrival to its number in shared memory, longest", held[-1], "ms")
    yield Figure("face", "from a frame's arrival to its number in shared memory, 99 of 100", usual, "ms")
    yield Figure("face", "pictures a reader that looks every millisecond missed", skipped, "")


def _shown(room: Lobby, picture: Picture, for_s: float) -> list[Shown]:
    """Pictures as a reader sees them come, the network never without a face to compute."""
    assert room.desk.preview is not None
    jpeg, jobs = picture.path.read_bytes(), 1
    room.desk.say(
        facing.Enrol(job=1, person_id="sitter", timeout_s=LONG_S)
    )  # nobody turns: it goes on for ever
    room.desk.hear(facing.EnrolStep, pose="left")
    screen, end_s = Screen(room.desk.preview), time.monotonic() + for_s
    screen.start()
    while time.monotonic() < end_s:
        if jobs < 2 + sum(isinstance(line, ENDED) for line in room.desk.said):
            jobs += 1
            room.desk.say(facing.EnrolPicture(job=jobs, person_id="sitter", jpeg=jpeg))
        time.sleep(0.02)
    room.desk.say(facing.Cancel(job=1))
    return screen.stop()


class Screen(threading.Thread):
    """Looks into the shared memory every millisecond and notes when a number has changed."""

    def __init__(self, reader: PreviewReader) -> None:
        super().__init__(name="screen", daemon=True)
        self._reader, self._shown, self._ended = reader, list[Shown](), False

    def run(self) -> None:
        keep_time()
        number = self._reader.newest
        while not self._ended:
            now_s = time.monotonic()
            if self._reader.newest != number and (newest := self._reader.read()):
                number = newest.number
                self._shown.append(Shown(number, newest.at_ns / NS, now_s))
            time.sleep(0.001)

    def stop(self) -> list[Shown]:
        """What was seen."""
        self._ended = True
        self.join()
        return self._shown


def _crowd(
    room: Lobby, gallery: dict[str, list[Vector]], visitors: list[tuple[str, Picture]]
) -> Iterator[Figure]:
    """Five people one after another, `STAY_S` each."""
    clip = film(room.folder / "crowd", _procession([picture for _, picture in visitors]))
    room.start(gallery, "flag")
    room.desk.hear(facing.CameraState, status="ready")
    room.desk.say(facing.EnrolPicture(job=1, person_id="x", jpeg=visitors[0][1].path.read_bytes()))
    room.desk.hear(facing.Enrolled, job=1)  # whatever had to be loaded is
    share = 100 * sum(cpu_share(room.pids, IDLE_S).values())
    yield Figure("face", "kiosk-face with nobody there, network camera", share, "% of a core", 3.0, "limit")
    since = len(room.desk.said)
    room.camera("play", clip=str(clip))
    time.sleep(CROWD * STAY_S + 1.5)
    seen = [line for line in room.desk.said[since:] if isinstance(line, facing.Seen)]
    told = [line.person_id for line in seen if line.kind == "recognised"]
    once = sum(told.count(name) == 1 for name, _ in visitors)
    yield Figure(
        "face", f"of {CROWD} people within {CROWD * STAY_S:.0f} s told once", once, "people", CROWD, "wanted"
    )
    yield Figure(
        "face", "others told instead", len(told) - len({*told} & {n for n, _ in visitors}), "", 0, "limit"
    )


def _procession(pictures: list[Picture]) -> Iterator[Pixels]:
    for number, picture in enumerate(pictures):
        who = person.of_picture(picture.pixels(), picture.points, number)
        who.blink_by_itself(STAY_S)
        for frame in range(round(STAY_S * FPS)):
            yield who.draw(frame / FPS)


def _frontal(pictures: list[Picture]) -> Picture | None:
    """A view that is not among those enrolled, and like them: who is missed is counted by `accuracy`."""
    model = merged([picture.ours for picture in pictures[:3]])
    fresh = (picture for picture in pictures[3:] if float(model @ picture.ours) > KNOWN)
    return next((picture for picture in fresh if picture.frontal), None)


def _gallery(people: People, visitors: list[str]) -> dict[str, list[Vector]]:
    """A hundred people with three pictures each."""
    others = [name for name, pictures in people.items() if len(pictures) >= 3 and name not in visitors]
    return {name: [picture.ours for picture in people[name][:3]] for name in [*visitors, *others][:100]}
