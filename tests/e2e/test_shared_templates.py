"""Enrolled at one lobby, known at the other: templates of a site that shares them, sealed to each kiosk."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.core import desk
from kiosk.demo.folder import DEVICE
from tests.e2e.rig import PEOPLE, Rig, rig, until

pytestmark = pytest.mark.slow
AHMAD, NAME = PEOPLE[0]
SITE = "sdn-contoh-1"


def test_a_finger_enrolled_at_one_kiosk_punches_at_the_other_and_goes_when_it_goes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(rig(tmp_path / name)) for name in ("one", "two"))
        join(second, first)
        first.start("broker", "centre", "reader", "kioskd")
        second.start("reader", "kioskd")
        for one in (first, second):
            one.wait_reader()
        first.enrol(AHMAD, NAME)
        people = tmp_path / "people.csv"
        people.write_text(f'nip,nama\n{AHMAD},"{NAME}"\n', encoding="utf-8")
        until(lambda: len(first.centre_devices()) == 2)
        first.centre("roster", "put", SITE, str(people), "--templates-shared")
        until(lambda: [r["data"]["device"] for r in second.records("enrolment")] == [f"kiosk:{DEVICE}"])
        until(lambda: second.records("slot"))
        assert [r["data"]["actor"] for r in second.records("consent")] == [f"kiosk:{DEVICE}"]
        assert second.tap(AHMAD)["name"] == NAME

        first.ask(desk.Erase(number=AHMAD, reason="permintaan sendiri"))
        until(lambda: second.records("template_removed"))
        until(lambda: second.tap(AHMAD)["kind"] == "unknown")
        assert json.loads(first.centre("status", "--json").stdout)["refusals"] == []


def join(second: Rig, first: Rig) -> None:
    """Make `second` another kiosk of the same site behind the broker and centre of `first`."""
    text, key = second.config.read_text(encoding="utf-8"), first.centre("key").stdout.strip()
    text = text.replace(f'id = "{DEVICE}"', 'id = "kiosk-2"')
    text = text.replace(f"port = {second.folder.port}", f"port = {first.folder.port}")
    second.config.write_text(re.sub(r'centre_key = ".*"', f'centre_key = "{key}"', text), encoding="utf-8")
