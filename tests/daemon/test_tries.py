"""Wrong tries are counted over a restart: unplugging the kiosk gives no new ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.daemon.control_request import Refusal
from kiosk.daemon.desk.tries import FREE_TRIES, Tries

MANY = 9  # a wait of minutes: no machine is so slow that it is over


def fail(tries: Tries, key: str, times: int = 1) -> str:
    """The last refusal's hint."""
    hint = ""
    for _ in range(times):
        with pytest.raises(Refusal) as caught:
            tries.wrong(key, "wrong")
        hint = caught.value.error.hint
    return hint


def test_a_restart_forgets_no_wrong_try(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    for _ in range(FREE_TRIES - 1):
        assert fail(Tries(file), "budi") == "try again"
    assert fail(Tries(file), "budi") == "wait 5 s"
    assert fail(Tries(file), "budi") == "wait 10 s"
    assert fail(Tries(file), "ayu") == "try again"


def test_the_wait_begins_anew_with_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    fail(Tries(file), "budi", MANY)
    again = Tries(file)
    with pytest.raises(Refusal, match="too many wrong tries: wait"):
        again.allow("budi", "or use your finger")
    again.allow("ayu", "or use your finger")


def test_a_right_one_is_the_end_of_it(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    tries = Tries(file)
    fail(tries, "budi", MANY)
    tries.right("budi")
    tries.allow("budi", "or use your finger")
    Tries(file).allow("budi", "or use your finger")
    assert fail(Tries(file), "budi") == "try again"


def test_a_spoilt_file_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_bytes(b'{"budi": ')
    Tries(file).allow("budi", "or use your finger")
    assert fail(Tries(file), "budi") == "try again"
    assert fail(Tries(file), "budi") == "try again"
    assert fail(Tries(file), "budi") == "wait 5 s"


def test_a_full_disk_still_counts(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "missing" / "wrong.json")
    fail(tries, "budi", MANY)
    with pytest.raises(Refusal, match="too many wrong tries"):
        tries.allow("budi", "or use your finger")
