import io
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core import api
from kiosk.ctl.main import COMMANDS
from tests.ctl.conftest import Ran
from tests.ctl.samples import STATUS, punch
from tests.ctl.serving import Canned

Ctl = Callable[..., Ran]
KIOSKCTL = [sys.executable, "-c", "from kiosk.kioskctl import main; main()"]


def test_no_daemon_is_exit_three_with_a_next_step(ctl: Ctl, tmp_path: Path) -> None:
    done = ctl("--socket", tmp_path / "none.sock", "status")
    assert done.code == 3
    assert "kioskd is not running here" in done.err
    assert "next: start it: `systemctl start kioskd`" in done.err
    assert done.out == ""


def test_a_dead_daemons_socket_is_told_apart(ctl: Ctl, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    done = ctl("status", "--socket", tmp_path / "dead.sock", "--json")
    assert done.code == 3
    assert done.document["error"]["code"] == "unreachable"
    assert "nobody answers" in done.document["error"]["message"]


def test_a_file_that_is_no_socket_is_refused(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ctl("status", "--socket", tmp_path / "file").code == 3


def test_without_a_system_daemon_the_demos_is_used_and_named(
    ctl: Ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HADIR_SOCKET", raising=False)
    monkeypatch.setattr("kiosk.ctl.session.SYSTEM_SOCKET", tmp_path / "none.sock")
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path / "none.sock") in ctl("status").err
    (tmp_path / "demo-data").mkdir()
    (tmp_path / "demo-data" / "control.sock").touch()
    done = ctl("status")
    assert done.err.startswith("(the demo in ./demo-data)")


def hang_up(listener: socket.socket) -> None:
    listener.accept()[0].close()


def test_a_daemon_that_hangs_up_is_unreachable(ctl: Ctl, tmp_path: Path) -> None:
    path = tmp_path / "rude.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        rude = threading.Thread(target=hang_up, args=(listener,))
        rude.start()
        done = ctl("status", "--socket", path)
        rude.join(10)
    assert done.code == 3
    assert "hung up" in done.err


def test_a_daemon_of_another_version_is_said_so(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetStatus] = api.Done("something else")
    done = ctl("status")
    assert done.code == 1
    assert "different versions" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("punchs",), "no command 'punchs'; did you mean 'punches'?"),
        (("punches", "--limit", "many"), "--limit"),
        (("people", "import", "/no/such/file"), "does not exist"),
        (("emulate", "finger"), "Missing argument 'NUMBER'"),
        (("enrol", "finger", "1", "--finger", "toe"), "'toe' is not one of 'right-thumb'"),
        (("fingers", "remove", "1", "toe"), "'toe' is not one of 'right-thumb'"),
        (("recap", "--week", "--month"), "one of --day, --week and --month"),
    ],
)
def test_wrong_usage_is_exit_two(ctl: Ctl, arguments: tuple[str, ...], message: str) -> None:
    done = ctl(*arguments)
    assert done.code == 2
    assert message in done.err
    as_json = ctl(*arguments, "--json")
    assert as_json.code == 2
    assert as_json.document["error"]["code"] == "usage"
    assert as_json.document["error"]["hint"].endswith("--help`")


def test_a_group_alone_shows_what_it_can_do(ctl: Ctl) -> None:
    for arguments in ((), ("people",)):
        done = ctl(*arguments)
        assert done.code == 2
        assert done.out.startswith("Usage: kioskctl")
        assert done.err == ""
    assert ctl("people", "--json").document["error"]["code"] == "usage"


def test_the_shell_completes_commands() -> None:
    environment = {
        **os.environ,
        "_KIOSKCTL_COMPLETE": "bash_complete",
        "COMP_WORDS": "kioskctl le",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(KIOSKCTL, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "plain,ledger\n"


def test_every_command_has_help(ctl: Ctl) -> None:
    overview = ctl("--help")
    assert overview.code == 0
    for name in COMMANDS:
        assert f"  {name} " in overview.out
        assert ctl(name, "--help").code == 0


def test_a_reader_that_goes_away_ends_it_quietly(kioskd: Canned) -> None:
    kioskd.answers[api.GetPunches] = api.Punches(tuple(punch(seq) for seq in range(5_000, 0, -1)), 5_000)
    process = subprocess.Popen(
        [*KIOSKCTL, "punches", "--limit", "5000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == -signal.SIGPIPE
    assert process.stderr.read() == b""
    process.stderr.close()


def on_a_terminal(columns: int, *arguments: str) -> str:
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [*KIOSKCTL, *arguments],
        stdout=secondary,
        stderr=secondary,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"},
    )
    os.close(secondary)
    shown = b""
    while True:
        try:
            chunk = os.read(primary, 65_536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(primary)
    assert process.wait(20) == 0
    return shown.decode().replace("\r\n", "\n")


def test_on_a_terminal_a_long_name_gives_way_and_nothing_wraps(kioskd: Canned) -> None:
    row = punch(1, 4_000, name="Dr. Hj. Raden Ayu Kusumawardhani Prawirodirjo, S.Pd., M.Pd.")
    kioskd.answers[api.GetPunches] = api.Punches((row,), 1)
    shown = on_a_terminal(80, "punches")
    assert "…" in shown
    assert "accepted" in shown
    assert len(shown.splitlines()) == 2


def test_on_a_terminal_status_has_colour_unless_told_otherwise(
    kioskd: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    assert "\x1b[32m" in on_a_terminal(80, "status")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal(80, "status")


def test_status_imports_nothing_slow(kioskd: Canned) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    program = (
        "import sys; from kiosk.ctl.main import run; run(['status', '--json']); "
        "print([m for m in ('rich', 'cryptography', 'csv', 'subprocess', 'tomllib', 'logging') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    document, slow = done.stdout.splitlines()
    assert json.loads(document)["site"] == "SMPN 1 Jember"
    assert slow == "[]"


def test_files_are_checked_without_a_daemon(ctl: Ctl, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('version = "x"\n')
    bad.write_text('version = "x"\nmod = "strict"\nduplicate_window_s = "5"\n')
    assert ctl("policy", "check", good).out == f"{good}: the policy is sound\n"
    done = ctl("policy", "check", bad)
    assert done.code == 1
    assert f"{bad}: line 2: unknown key mod; did you mean 'mode'?" in done.err
    assert f"{bad}: line 3: duplicate_window_s: a whole number is wanted" in done.err
    assert [fault["line"] for fault in ctl("policy", "check", bad, "--json").document["faults"]] == [2, 3]
    assert ctl("config", "check", bad).code == 1
    bad.write_bytes(b"\xff")
    assert "not UTF-8" in ctl("config", "check", bad).err


def test_a_question_nobody_answers_is_one_document_too(ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    done = ctl("people", "pin", "198501012010011001", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")


def test_a_full_disk_behind_standard_output_is_no_traceback(kioskd: Canned) -> None:
    kioskd.answers[api.GetStatus] = STATUS
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*KIOSKCTL, "status", "--json"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-13-01", "yesterday"])
@pytest.mark.parametrize(
    "command", [("recap", "--of"), ("seal", "--day"), ("punches", "--day"), ("policy", "explain", "x")]
)
def test_an_impossible_day_is_wrong_usage(
    kioskd: Canned, ctl: Ctl, command: tuple[str, ...], day: str
) -> None:
    assert ctl(*command, day).code == 2


def test_what_is_made_for_people_is_a_document_too(kioskd: Canned, ctl: Ctl) -> None:
    kioskd.answers[api.GetStatus], kioskd.answers[api.GetPunches] = STATUS, api.Punches((), 0)
    assert "kioskctl" in ctl("completion", "bash", "--json").document["script"]
    assert len(ctl("top", "--once", "--json").document["lines"]) == 24
