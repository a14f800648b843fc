"""A start that fails ends kioskd, so that the service manager can start it anew."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kiosk.core.config import KioskConfig
from kiosk.core.policy import Calendar, Policy
from kiosk.daemon import daemon
from kiosk.daemon.daemon import Kiosk
from kiosk.daemon.rules_files import Rules, load_rules


def run(folder: Path) -> None:
    rules = Rules(Policy(version="1"), Calendar())
    Kiosk(KioskConfig(state_dir=str(folder)), rules, "hadir", folder / "kiosk.toml").run(threading.Event())


def engines() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "engine"]


def test_something_else_in_a_sockets_place(tmp_path: Path) -> None:
    (tmp_path / KioskConfig().control.admin_socket).mkdir()
    with pytest.raises(FileExistsError, match="move it away"):
        run(tmp_path)
    assert engines() == []


def test_what_nobody_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(daemon, "Readers")
    with pytest.raises(NameError):
        run(tmp_path)
    assert engines() == []


def test_a_card_that_takes_no_copy_of_the_rules_is_no_bad_configuration(tmp_path: Path) -> None:
    policy = Path(__file__).parents[2] / "config" / "policies" / "school.toml"
    (tmp_path / "rules").touch()  # no folder can be made there, as on a full card
    config = KioskConfig(state_dir=str(tmp_path), policy_file=str(policy))
    assert load_rules(config, tmp_path).faults == ()
