"""The camera's pictures reach the screen: asked for once, mapped, drawn, and let go of."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pygame
import pytest

from kiosk.core.api import GetPreview
from kiosk.core.preview import MOST_PX, PREVIEW_BYTES, SLOTS, FaceBox, PreviewReader
from kiosk.core.view import FaceView, GuideView
from ui import preview
from ui.box import Box
from ui.client import Client
from ui.mirror import Mark, Mirror, on_screen, seen_part
from ui.sample_shot import sample_shot
from ui.samples import VIEW
from ui.stage import SHOT_S, Director

RED, GREEN = (200, 30, 30), (30, 200, 30)


@pytest.fixture
def client(peer: Any) -> Iterator[Client]:
    made = Client(peer.path)
    made.pump(0)
    peer.accept()
    yield made
    made.close()


def test_a_picture_comes_out_as_it_went_in(memory: Any) -> None:
    reader = PreviewReader(memoryview(mmap.mmap(memory.descriptor, PREVIEW_BYTES, prot=mmap.PROT_READ)))
    assert reader.read() is None
    face = FaceBox(7, 100, 200, 300, 400)
    for number in range(1, 2 * SLOTS):
        memory.show((number, 0, 0), face)
        picture = reader.read()
        assert picture is not None
        assert (picture.number, picture.pixels[0], picture.faces) == (number, number, (face,))
    memory.show(RED, size=(MOST_PX, MOST_PX))
    picture = reader.read()
    assert picture is not None
    assert len(picture.pixels) == MOST_PX * MOST_PX * 3


def test_a_slot_that_is_being_written_is_passed_over(memory: Any) -> None:
    memory.show(RED)
    first_slot = 32 + 1 % SLOTS * ((PREVIEW_BYTES - 32) // SLOTS)
    memory.mapped[first_slot] |= 1
    reader = PreviewReader(memory.mapped)
    assert reader.newest == 1
    assert reader.read() is None


def test_other_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="no preview"):
        PreviewReader(memoryview(bytes(PREVIEW_BYTES)))


def test_the_preview_is_asked_for_once_for_each_kiosk_face_and_mapped(
    client: Client, peer: Any, memory: Any
) -> None:
    pictures = preview.Preview(lambda command: client.send(command, 1))
    for _ in range(3):
        pictures.follow(FaceView(4))
    request = peer.request()
    assert request.do == GetPreview()
    peer.give(request.id, memory.descriptor)
    _until_answered(client, pictures)
    assert pictures.shot() is None
    memory.show(RED)
    shot = pictures.shot()
    assert shot is not None
    assert pictures.shot() is shot
    memory.show(GREEN)
    assert pictures.shot() != shot
    pictures.follow(FaceView(4))
    pictures.follow(FaceView(5))
    assert peer.request().do == GetPreview()
    assert pictures.shot() is None
    pictures.follow(None)
    assert pictures.shot() is None


def test_memory_that_could_be_cut_short_is_not_mapped(client: Client, peer: Any, memory: Any) -> None:
    pictures = preview.Preview(lambda command: client.send(command, 1))
    pictures.follow(FaceView(1))
    unsealed = type(memory)(sealed=False)
    peer.give(peer.request().id, unsealed.descriptor)
    _until_answered(client, pictures)
    unsealed.show(RED)
    assert pictures.shot() is None
    os.close(unsealed.descriptor)


def test_descriptors_nobody_asked_for_are_closed(client: Client, peer: Any, memory: Any) -> None:
    before = open_files()
    for _ in range(3):
        peer.give(99, memory.descriptor)
        while not client.answers():
            client.pump(1)
    assert open_files() > before
    client.close()
    assert open_files() < before


def test_pictures_are_looked_for_only_while_somebody_is_there() -> None:
    director = Director()
    director.receive(VIEW, 0, 0)
    assert director.due_s(3.0, 0) > 3.0 + SHOT_S
    watched = msgspec.structs.replace(VIEW, face=FaceView(1, (GuideView(1),)))
    director.receive(watched, 0, 0)
    assert director.due_s(3.0, 0) <= 3.0 + SHOT_S
    assert director.stage(3.0, 0, shot=sample_shot()).shot is not None
    director.receive(msgspec.structs.replace(VIEW, face=FaceView(1)), 0, 0)
    assert director.stage(3.0, 0, shot=sample_shot()).shot is None


def test_the_middle_of_the_picture_fills_the_box_and_marks_lie_on_faces() -> None:
    shot, box = sample_shot(), Box(100, 50, 240, 240)
    part = seen_part(shot.picture, box)
    assert part == (80, 0, 480, 480)
    face = on_screen(FaceBox(1, 375, 250, 625, 750), shot.picture, part, box)
    assert face == (180, 110, 80, 120)
    surface = pygame.Surface((400, 400))
    Mirror(box, (0, 0, 0), shot, (Mark(1, RED, GREEN),)).paint(surface)
    assert surface.get_at(box.centre)[:3] != (0, 0, 0)
    assert surface.get_at((10, 10))[:3] == (0, 0, 0)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _until_answered(client: Client, pictures: preview.Preview) -> None:
    while True:
        client.pump(1)
        for answer in client.answers():
            assert pictures.answered(answer, client.take_descriptor)
            return
