"""Painting only what changed gives the same picture as painting everything."""

from __future__ import annotations

from itertools import combinations, pairwise

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.box import Box
from ui.canvas import Canvas, merged
from ui.gallery import sample_stage, screenshot
from ui.metrics import Metrics
from ui.samples import MORNING, SAMPLES, VIEW
from ui.screens import compose
from ui.stage import Director

SIZE = (800, 480)


def picture(surface: pygame.Surface) -> bytes:
    return pygame.image.tobytes(surface, "RGB")


@pytest.fixture(scope="module")
def shots() -> dict[str, bytes]:
    """Every state drawn by itself."""
    return {state: picture(screenshot(state, Metrics(*SIZE), "id", "light")) for state in SAMPLES}


def test_changing_from_state_to_state_leaves_no_trace_of_the_one_before(shots: dict[str, bytes]) -> None:
    surface = pygame.Surface(SIZE)
    canvas = Canvas(surface)
    for state in (*SAMPLES, *reversed(SAMPLES)):
        canvas.show(compose(sample_stage(state, "id", "light"), Metrics(*SIZE)))
        assert picture(surface) == shots[state], state


def test_a_tick_of_the_clock_repaints_the_seconds_only() -> None:
    director = Director("id", "light")
    director.receive(VIEW, 0, MORNING)
    canvas = Canvas(pygame.Surface(SIZE))
    canvas.show(compose(director.stage(2, MORNING), Metrics(*SIZE)))
    dirty = canvas.show(compose(director.stage(3, MORNING + 1000), Metrics(*SIZE)))
    assert len(dirty) == 1
    assert 0 < dirty[0].w * dirty[0].h < 0.02 * SIZE[0] * SIZE[1]


def test_nothing_is_painted_when_nothing_changed() -> None:
    canvas = Canvas(pygame.Surface(SIZE))
    page = compose(sample_stage("idle", "id", "light"), Metrics(*SIZE))
    assert canvas.show(page) == [Box(0, 0, *SIZE)]
    assert canvas.show(page) == []


def test_every_state_looks_different_and_otherwise_at_night(shots: dict[str, bytes]) -> None:
    assert all(len(set(shot[: SIZE[0] * 3 * 200])) > 16 for shot in shots.values())
    assert [(a, b) for a, b in combinations(shots, 2) if shots[a] == shots[b]] == []
    for state in list(SAMPLES)[::8]:
        assert picture(screenshot(state, Metrics(*SIZE), "id", "night")) != shots[state]


BOXES = st.lists(
    st.builds(Box, st.integers(0, 90), st.integers(0, 90), st.integers(1, 30), st.integers(1, 30)),
    max_size=12,
)


@given(BOXES)
def test_merged_boxes_cover_all_and_share_nothing(boxes: list[Box]) -> None:
    apart = merged(boxes)
    assert all(any(whole.contains(box) for whole in apart) for box in boxes)
    assert not any(a.meets(b) for a, b in combinations(apart, 2))


@given(BOXES)
def test_columns_and_rows_stay_inside_and_apart(boxes: list[Box]) -> None:
    for box in boxes:
        for parts in (box.columns(3), box.rows(3)):
            assert all(box.contains(part) for part in parts)
            assert not any(a.meets(b) for a, b in pairwise(parts))
