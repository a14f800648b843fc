"""The measuring tools of `make bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from bench.figure import Figure
from bench.pair import Pair, paired
from bench.process import NeverHappenedError, cpu_s, descendants, resident_bytes, until
from tests.house.tracked import ROOT


def test_a_figure_is_one_line_with_its_ratio() -> None:
    line = Figure.of_pair(
        "commit", "punch", Pair((0.003, 0.003, 0.9), (0.002, 0.002, 0.002)), "bare insert"
    ).to_json()
    assert json.loads(line) == {
        "bench": "commit", "figure": "punch", "value": 3.0, "unit": "ms", "against": 2.0, "ratio": 1.5,
        "peer": "bare insert", "spread": [1.5, 450.0],
    }  # fmt: skip


def test_a_figure_without_a_peer_says_so() -> None:
    assert json.loads(Figure("memory", "kioskd", 41.5, "MB").to_json())["ratio"] is None


def test_both_sides_are_called_equally_often_and_take_turns() -> None:
    calls: list[str] = []
    pair = paired(lambda: calls.append("A"), lambda: calls.append("B"), rounds=4, calls=2, warm_up=0)
    assert "".join(calls) == "AABBBBAAAABBBBAA"
    assert len(pair.ours) == len(pair.theirs) == 4


def test_a_childs_cost_is_read_from_the_kernel() -> None:
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        until(lambda: cpu_s(child.pid) > 0.1, "the busy child's CPU time")
        assert child.pid in descendants(os.getpid())
        assert resident_bytes(child.pid) > 1_000_000
    finally:
        child.kill()
        child.wait()


def test_what_never_happens_is_named() -> None:
    with pytest.raises(NeverHappenedError, match="the moon"):
        until(lambda: False, "the moon", timeout_s=0.01)


def test_a_misspelt_bench_is_told_which_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "comit"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "no such bench: comit" in done.stderr
