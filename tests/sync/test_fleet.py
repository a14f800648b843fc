"""Kiosks come back at once while people punch: nothing lost, with one centre process and with two."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bench.postgres import Server
from tests.house.tracked import ROOT
from tests.sync.conftest import Rig


def fleet(rig: Rig, url: str, processes: int, *options: str) -> Any:
    broker = rig.broker("allow_anonymous true\nmax_queued_messages 10000")
    centre = rig.centre(broker.port, database=url)
    for _ in range(processes):
        centre.start()
    done = subprocess.run(
        (sys.executable, "-m", "sync.fleet", "--port", str(broker.port), "--centre-key", centre.key,
         "--config", str(centre.config), *options),
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert centre.sound()
    return json.loads(done.stdout)


def test_a_few_kiosks_rush_and_one_of_their_processes_is_killed(rig: Rig, postgres: Server) -> None:
    report = fleet(
        rig, postgres.create("few"), 2, "--kiosks", "10", "--backlog", "60", "--fresh", "4",
        "--spread-s", "1", "--per-process", "5", "--kills", "1",
    )  # fmt: skip
    assert report["delivered"]
    assert report["wrong_at_centre"] == 0
    assert report["records"] == 10 * (1 + 60 + 4)
    assert report["visible"]["count"] == 40


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("processes", [1, 2])
def test_a_hundred_kiosks_rush(rig: Rig, postgres: Server, processes: int) -> None:
    report = fleet(
        rig, postgres.create(f"hundred{processes}"), processes, "--kiosks", "100", "--backlog", "500",
        "--spread-s", "20", "--kills", "2", "--herds", "1",
    )  # fmt: skip
    print(report)
    assert report["wrong_at_centre"] == 0
    assert report["visible"]["count"] == 1_300
