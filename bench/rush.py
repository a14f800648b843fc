"""The morning after an outage: every kiosk comes back at once with a month's backlog while people punch.

KIOSKS (1,000) are real publishers with real ledgers, through Mosquitto into PostgreSQL, with one centre
process and with two, all on this machine. A fresh punch counts as seen when the database shows it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.stage import stage

KIOSKS = int(os.environ.get("KIOSKS", "1000"))
BACKLOG, FRESH, SPREAD_S = 1_144, 13, 60
TIMEOUT_S = 900
SEEN_S = 5.0


def run() -> Iterator[Figure]:
    """Seconds, with one centre process and with two."""
    for processes in (1, 2):
        yield from _figures(_report(processes), processes)


def _figures(report: Any, processes: int) -> Iterator[Figure]:
    name = f"{report['kiosks']} kiosks, {processes} centre process" + ("es" if processes > 1 else "")
    lost = f"{name}: ledgers of {report['records']} records not whole at the centre"
    yield Figure("rush", lost, report["wrong_at_centre"], "ledgers", 0, "limit")
    yield Figure("rush", f"{name}: until all is acknowledged", report["seconds"], "s", None, None)
    seen = report["visible"]
    fresh = f"{name}: {seen['count']} fresh punches, stored to visible"
    yield Figure("rush", f"{fresh}, median", seen["p50_s"], "s", SEEN_S, "limit")
    yield Figure("rush", f"{fresh}, p99", seen["p99_s"], "s", SEEN_S, "limit")
    yield Figure("rush", f"{fresh}, worst", seen["worst_s"], "s", None, None)


def _report(processes: int) -> Any:
    with tempfile.TemporaryDirectory(prefix="hadir-bench-") as name, stage(Path(name)) as made:
        made.broker()
        made.centre(processes=processes)
        done = subprocess.run(
            (sys.executable, "-m", "sync.fleet", "--port", str(made.port), "--centre-key", made.key,
             "--config", str(made.config), "--kiosks", str(KIOSKS), "--backlog", str(BACKLOG),
             "--fresh", str(FRESH), "--spread-s", str(SPREAD_S), "--timeout-s", str(TIMEOUT_S)),
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        return json.loads(done.stdout)
