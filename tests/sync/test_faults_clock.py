"""The clocks of the centre's machine and of the kiosks are set back and ahead by years while they deliver."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.postgres import Server
from tests.house.tracked import ROOT
from tests.sync.clock_step import YEAR_S, Wall, walls
from tests.sync.conftest import Rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
STEPS = (-10 * YEAR_S, -3_600, 0, 3_600, 10 * YEAR_S)
STEPPED_S = 12.0
RECEIVED = "SELECT (max(received_ms) - min(received_ms)) / 31536000000 FROM records"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that the database's user can look into."""
    with tempfile.TemporaryDirectory(prefix="hadir-clock-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_clocks_step_by_years_during_delivery(rig: Rig, open_folder: Path) -> None:
    at_centre, at_kiosks = walls(open_folder, "centre", "kiosks")
    with at_centre.everywhere():
        server = Server()
        try:
            broker = rig.broker()
            centre = rig.centre(broker.port, database=server.start().create("hadir"))
            centre.start()
            centre.start()
            deliver(centre.key, str(centre.config), broker.port, at_centre, at_kiosks)
            assert centre.sound()
            ((years,),) = centre.read(lambda tx: tx.all(RECEIVED))
            assert years > 9  # some were taken in by one clock, some by another
        finally:
            server.close()


def deliver(key: str, config: str, port: int, *clocks: Wall) -> None:
    fleet = subprocess.Popen(
        (sys.executable, "-m", "sync.fleet", "--port", str(port), "--centre-key", key, "--config", config,
         "--kiosks", "5", "--backlog", "8000", "--fresh", "20", "--spread-s", f"{STEPPED_S:g}",
         "--retry-max-s", "2", "--batch-bytes", "8192"),
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **clocks[1].environment},
    )  # fmt: skip
    seed = random.randrange(2**32)
    choose, steps, end = random.Random(seed), 0, time.monotonic() + STEPPED_S
    while time.monotonic() < end and fleet.poll() is None:
        choose.choice(clocks).set_ahead(choose.choice(STEPS))
        steps += 1
        time.sleep(choose.uniform(0.1, 0.6))
    began = time.monotonic()
    said, _ = fleet.communicate(timeout=300)
    report = json.loads(said)
    print(f"\nseed {seed}: {steps} steps, recovered in {time.monotonic() - began:.1f} s, {report}")
    assert fleet.returncode == 0
    assert report["delivered"]
    assert report["wrong_at_centre"] == 0
