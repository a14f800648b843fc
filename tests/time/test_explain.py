"""`kioskctl time explain`: the words for one record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.ctl.main import cli
from kiosk.daemon.explain import explain, in_words
from tests.time.world import HOUR, World


@pytest.fixture
def corrected(tmp_path: Path) -> tuple[Path, int, float]:
    world = World(tmp_path / "state")
    world.power_on(system_ms=0)
    world.start()
    seq = world.tap()
    world.go_on(HOUR)
    world.hear("centre")
    world.cut()
    return world.folder, seq, world.truth[seq]


def test_a_corrected_record_happened_between_two_moments(corrected: tuple[Path, int, float]) -> None:
    state, seq, truth = corrected
    found = explain(state, seq)
    assert found.at.source == "none"
    assert [word.source for word in found.corrections] == ["centre"]
    assert [change.reason for change in found.changes] == ["learned from centre"]
    assert found.earliest_ms is not None
    assert found.latest_ms is not None
    assert found.earliest_ms <= truth <= found.latest_ms
    words = "\n".join(in_words(found))
    assert "a clock nobody vouches for" in words
    assert "it happened between" in words


def test_a_record_nothing_is_known_of_says_so(tmp_path: Path) -> None:
    world = World(tmp_path / "state")
    world.power_on()
    world.start()
    seq = world.tap()
    world.cut()
    assert "not known yet" in "\n".join(in_words(explain(world.folder, seq)))
    with pytest.raises(LookupError):
        explain(world.folder, 999)


def test_the_command_gives_one_document(corrected: tuple[Path, int, float]) -> None:
    state, seq, _ = corrected
    command = ["time", "explain", str(seq), "--state-dir", str(state), "--json"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["seq"] == seq
