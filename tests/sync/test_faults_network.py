"""Bad networks for real: kiosks in a network namespace, behind a cable that loses, throttles and breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bench.postgres import Server
from tests.house.tracked import ROOT
from tests.sync.conftest import Rig
from tests.sync.rig import Centre, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.getuid() != 0, reason="network namespaces need root"),
]


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Cable:
    """Two ends of a virtual cable: the broker's here, the kiosks' in the namespace `name`."""

    def __init__(self) -> None:
        number = os.getpid() % 250
        self.name, self._here, self._there = (f"hadir{number}", f"hc{number}", f"hk{number}")
        self.broker, self._kiosks = f"10.77.{number}.1", f"10.77.{number}.2"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self.name)
        run("ip", "addr", "add", f"{self.broker}/30", "dev", self._here)
        self.inside("ip", "addr", "add", f"{self._kiosks}/30", "dev", self._there)
        self.inside("ip", "link", "set", self._there, "up")
        self.plug("up")

    def inside(self, *command: str) -> None:
        run("ip", "netns", "exec", self.name, *command)

    def plug(self, state: str) -> None:
        """`up` or `down`."""
        run("ip", "link", "set", self._here, state)

    def lose(self, percent: int) -> None:
        """Drop this share of the packets, each way."""
        self.inside("nft", "add", "table", "inet", "bad")
        for hook in ("input", "output"):
            self.inside("nft", f"add chain inet bad {hook} {{ type filter hook {hook} priority 0; }}")
            self.inside("nft", f"add rule inet bad {hook} numgen random mod 100 < {percent} drop")

    def throttle(self, rate: str) -> None:
        """Let no more through, each way."""
        shape = ("root", "tbf", "rate", rate, "burst", "4kb", "latency", "2s")
        run("tc", "qdisc", "add", "dev", self._here, *shape)
        self.inside("tc", "qdisc", "add", "dev", self._there, *shape)

    def close(self) -> None:
        run("ip", "link", "del", self._here)
        run("ip", "netns", "del", self.name)


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    try:
        yield made
    finally:
        made.close()


class Away:
    """A centre here and a fleet at the other end of the cable."""

    def __init__(self, rig: Rig, postgres: Server, cable: Cable, name: str) -> None:
        self._cable = cable
        self._port = free_port()
        broker = rig.broker(f"allow_anonymous true\nlistener {self._port} {cable.broker}")
        self.centre: Centre = rig.centre(broker.port, database=postgres.create(name))
        self.centre.start()
        self._centre_toml = str(self.centre.config)

    def fleet(self, *options: str) -> Any:
        """Run one there; what it reports, once every record is here once."""
        done = subprocess.run(
            ("ip", "netns", "exec", self._cable.name, sys.executable, "-m", "sync.fleet",
             "--host", self._cable.broker, "--port", str(self._port), "--centre-key", self.centre.key,
             "--config", self._centre_toml, "--retry-max-s", "5", *options),
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)
        assert report["delivered"]
        assert report["wrong_at_centre"] == 0
        assert self.centre.sound()
        print(f"\n{report['records']} records in {report['seconds']} s, seen {report['visible']}")
        return report


def test_thirty_percent_of_the_packets_are_lost(rig: Rig, postgres: Server, cable: Cable) -> None:
    away = Away(rig, postgres, cable, "loss")
    cable.lose(30)
    away.fleet("--kiosks", "5", "--backlog", "200", "--fresh", "5", "--spread-s", "10")


def test_sixty_four_kilobits_a_second(rig: Rig, postgres: Server, cable: Cable) -> None:
    away = Away(rig, postgres, cable, "narrow")
    cable.throttle("64kbit")
    away.fleet("--kiosks", "2", "--backlog", "200", "--fresh", "5", "--spread-s", "20")


def test_the_cable_is_pulled_again_and_again(rig: Rig, postgres: Server, cable: Cable) -> None:
    away = Away(rig, postgres, cable, "partition")
    ended = threading.Event()

    def pull() -> None:
        while not ended.wait(3.0):
            cable.plug("down")
            time.sleep(4.0)
            cable.plug("up")

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        away.fleet("--kiosks", "5", "--backlog", "300", "--fresh", "5", "--spread-s", "20")
    finally:
        ended.set()
        thread.join()
