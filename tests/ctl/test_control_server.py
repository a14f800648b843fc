import grp
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core import api
from kiosk.daemon.control import MAX_CLIENTS, ControlServer, Refusal, SocketInUseError
from tests.ctl.serving import Canned, Line, serving, view, wait_until


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[ControlServer, Canned]]:
    with serving(tmp_path) as pair:
        yield pair


def test_a_request_is_answered_under_its_id(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    with Line(tmp_path / "control.sock") as line:
        line.ask(7, "rebuild")
        assert line.read() == {"id": 7, "result": {"message": "admin"}}


def test_events_come_before_the_result(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    def enrol(_: api.Command, emit: object) -> api.Done:
        assert callable(emit)
        emit(api.EnrolStep("place"))
        emit(api.EnrolStep("lift"))
        return api.Done("ok")

    served[1].answers[api.EnrolFinger] = enrol
    with Line(tmp_path / "control.sock") as line:
        line.ask(1, "enrol_finger", number="x")
        assert [line.read() for _ in range(3)] == [
            {"id": 1, "event": {"step": "place", "reason": ""}},
            {"id": 1, "event": {"step": "lift", "reason": ""}},
            {"id": 1, "result": {"message": "ok"}},
        ]


def test_a_long_request_blocks_no_other(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    go_on = threading.Event()
    served[1].answers[api.Rebuild] = lambda *_: go_on.wait(10) and api.Done("late")
    with Line(tmp_path / "control.sock") as line:
        line.ask(1, "rebuild")
        line.ask(2, "status")
        assert line.read()["id"] == 2
        go_on.set()
        assert line.read() == {"id": 1, "result": {"message": "late"}}


def test_a_refusal_and_a_crash_reach_the_client(
    served: tuple[ControlServer, Canned], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served[1].answers[api.RemoveFinger] = Refusal(api.ApiError("not_found", "no such finger", "look"))
    served[1].answers[api.Rebuild] = KeyError("lost")
    with Line(tmp_path / "control.sock") as line:
        line.ask(1, "remove_finger", number="x", finger="left-thumb")
        error = {"code": "not_found", "message": "no such finger", "hint": "look"}
        assert line.read() == {"id": 1, "error": error}
        line.ask(2, "rebuild")
        assert line.read()["error"]["code"] == "failed"
    assert "Rebuild" in caplog.text


def test_the_screens_socket_refuses_what_only_a_technician_may(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    with Line(tmp_path / "ui.sock") as line:
        for id_, cmd in enumerate(("rebuild", "reload", "health"), 1):
            line.ask(id_, cmd)
            assert line.read()["error"]["code"] == "not_allowed"
        line.ask(9, "intent", name="language", value="en")
        assert line.read() == {"id": 9, "result": {"message": "ui"}}
    assert [cause for cause, _ in served[1].refused] == ["not_allowed"] * 3
    assert [type(command) for command in served[1].asked] == [api.Intent]


def test_bad_lines_are_refused_counted_and_at_last_hung_up_on(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    with Line(tmp_path / "control.sock") as line:
        for bad in (
            b"{",
            b"[]",
            b'{"id":1}',
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"id":1,"do":{"cmd":"fly"}}',
            b"0",
        ):
            line.send(bad + b"\n")
            assert line.read()["error"]["code"] == "bad_request"
        line.ask(2, "status")
        assert line.read()["result"]
        line.send(b"once more\n")
        assert line.read()["error"]["code"] == "bad_request"
        assert line.at_end()
    assert len(served[1].refused) == 8


def test_a_misspelt_command_gets_a_suggestion(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    with Line(tmp_path / "control.sock") as line:
        line.ask(4, "punchs")
        reply = line.read()
        assert reply["id"] == 4
        assert reply["error"]["hint"] == "did you mean 'punches'?"
        line.ask(5, "punches", limit="many")
        assert "limit" in line.read()["error"]["message"]


def test_a_line_without_end_is_cut_off(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    with Line(tmp_path / "ui.sock") as line:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            line.send(b"x" * 65_536_000)
        assert line.read()["error"]["message"].startswith("a line of more than 65536")
    assert served[1].refused[0][0] == "too_large"
    with Line(tmp_path / "ui.sock") as line:
        line.ask(1, "status")
        assert line.read()["result"]


def test_a_watcher_gets_the_present_view_and_each_change(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    server, _ = served
    server.publish(view(1))
    with Line(tmp_path / "ui.sock") as line:
        line.ask(3, "watch")
        assert line.read()["event"]["revision"] == 1
        server.publish(view(2))
        reply = line.read()
        assert (reply["id"], reply["event"]["revision"]) == (3, 2)


def test_a_slow_watcher_gets_the_newest_view_and_delays_nobody(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    server, _ = served
    with Line(tmp_path / "ui.sock") as slow, Line(tmp_path / "ui.sock") as quick:
        slow.ask(1, "watch")
        quick.ask(1, "watch")
        for revision in range(1, 200):
            server.publish(view(revision, padding=50_000))
            while quick.read()["event"]["revision"] < revision:
                pass
        seen = [slow.read()["event"]["revision"]]
        while seen[-1] < 199:
            seen.append(slow.read()["event"]["revision"])
        assert seen == sorted(set(seen))
        assert len(seen) < 50


def test_a_client_that_never_reads_is_asked_no_more(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    served[1].answers[api.GetPeople] = api.Done("x" * 3_000_000)
    with Line(tmp_path / "control.sock") as line:
        for id_ in range(20):
            line.ask(id_, "people")
        wait_until(lambda: len(served[1].asked) >= 1)
        with Line(tmp_path / "control.sock") as other:
            other.ask(1, "status")
            assert other.read()["id"] == 1
        assert sum(isinstance(c, api.GetPeople) for c in served[1].asked) < 10
        assert sorted(line.read()["id"] for _ in range(20)) == list(range(20))


def test_a_client_that_stops_writing_is_still_answered(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    with Line(tmp_path / "control.sock") as line:
        line.ask(1, "status")
        line.sock.shutdown(socket.SHUT_WR)
        assert line.read()["id"] == 1
        assert line.at_end()


def test_when_the_socket_is_full_the_longest_idle_client_gives_way(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    path = tmp_path / "ui.sock"
    lines = [Line(path) for _ in range(MAX_CLIENTS["ui"])]
    lines[0].ask(1, "watch")
    served[0].publish(view(1))
    assert lines[0].read()
    with Line(path) as late:
        late.ask(1, "status")
        assert late.read()["result"]
    assert lines[1].at_end()
    served[0].publish(view(2))
    assert lines[0].read()["event"]["revision"] == 2
    for line in lines:
        line.__exit__()


def test_watchers_enough_leave_no_room(served: tuple[ControlServer, Canned], tmp_path: Path) -> None:
    path = tmp_path / "ui.sock"
    served[0].publish(view(1))
    lines = [Line(path) for _ in range(MAX_CLIENTS["ui"])]
    for line in lines:
        line.ask(1, "watch")
        assert line.read()
    with Line(path) as late:
        assert late.read()["error"]["code"] == "busy"
        assert late.at_end()
    with Line(tmp_path / "control.sock") as admin:
        admin.ask(1, "status")
        assert admin.read()["result"]
    for line in lines:
        line.__exit__()


def test_permissions_are_right_and_files_go_when_it_stops(tmp_path: Path) -> None:
    with serving(tmp_path):
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
        assert modes == {"control.sock": 0o600, "ui.sock": 0o660}
    assert not list(tmp_path.iterdir())


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    with (
        serving(tmp_path),
        pytest.raises(SocketInUseError, match="another kioskd answers"),
        serving(tmp_path),
    ):
        pass


def test_something_else_in_the_sockets_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ui.sock").write_text("mine")
    with pytest.raises(FileExistsError, match="is no socket"), serving(tmp_path):
        pass
    assert (tmp_path / "ui.sock").read_text() == "mine"
    assert not (tmp_path / "control.sock").exists()


def test_a_directory_too_deep_for_a_socket_address_works(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a-rather-long-name"] * 10)
    assert len(os.fsencode(deep)) > 108
    with serving(deep), Line(deep / "control.sock") as line:
        line.ask(1, "status")
        assert line.read()["id"] == 1


def test_stopping_waits_for_the_answer_that_is_due(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> api.Done:
        begun.set()
        go_on.wait(10)
        return api.Done("done after all")

    with serving(tmp_path) as (server, handler):
        handler.answers[api.Rebuild] = slow
        with Line(tmp_path / "control.sock") as line:
            line.ask(1, "rebuild")
            assert begun.wait(10)
            stopper = threading.Thread(target=server.stop, args=(10.0,))
            stopper.start()
            wait_until(lambda: not (tmp_path / "control.sock").exists())
            line.ask(2, "status")
            assert line.read()["error"]["code"] == "busy"
            go_on.set()
            assert line.read() == {"id": 1, "result": {"message": "done after all"}}
            assert line.at_end()
            stopper.join(10)
        assert not server.serving


def test_stopping_does_not_wait_longer_than_told(tmp_path: Path) -> None:
    never = threading.Event()
    with serving(tmp_path) as (server, handler):
        handler.answers[api.Rebuild] = lambda *_: never.wait(30)
        with Line(tmp_path / "control.sock") as line:
            line.ask(1, "rebuild")
            wait_until(lambda: bool(handler.asked))
            server.stop(0.2)
            assert not server.serving
        never.set()


@given(chunks=st.lists(st.binary(max_size=300), max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_bytes_whatever_harm_the_server(chunks: list[bytes], noisy: Path) -> None:
    with Line(noisy) as line:
        try:
            for chunk in chunks:
                line.send(chunk + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
    with Line(noisy) as line:
        line.ask(1, "status")
        assert line.read()["id"] == 1


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("noisy")
    with serving(directory):
        yield directory / "control.sock"


def test_an_answer_that_cannot_be_written_is_a_failure_and_no_leak(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    served[1].answers[api.Rebuild] = object()
    with Line(tmp_path / "control.sock") as line:
        for id_ in range(40):
            line.ask(id_, "rebuild")
            assert line.read()["error"]["code"] == "failed"


def test_more_requests_than_may_run_are_told_to_wait(
    served: tuple[ControlServer, Canned], tmp_path: Path
) -> None:
    go_on = threading.Event()
    served[1].answers[api.Rebuild] = lambda *_: go_on.wait(20) and api.Done("late")
    lines = [Line(tmp_path / "control.sock") for _ in range(9)]
    for line in lines[:8]:
        for id_ in range(4):
            line.ask(id_, "rebuild")
    wait_until(lambda: len(served[1].asked) == 32)
    lines[8].ask(1, "status")
    assert lines[8].read()["error"]["code"] == "busy"
    go_on.set()
    for line in lines[:8]:
        assert sorted(line.read()["id"] for _ in range(4)) == [0, 1, 2, 3]
    lines[8].ask(2, "status")
    assert lines[8].read()["result"]
    for line in lines:
        line.__exit__()


def test_the_admin_socket_opens_to_a_group_that_exists_only(tmp_path: Path) -> None:
    mine = grp.getgrgid(os.getgid()).gr_name
    for group, works in ((mine, True), ("no-such-group", False)):
        server = ControlServer(
            Canned(),
            admin_path=tmp_path / "control.sock",
            ui_path=tmp_path / "ui.sock",
            on_refused=lambda *_: None,
            admin_group=group,
        )
        if works:
            server.start()
            assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o660
            server.stop(1.0)
        else:
            with pytest.raises(OSError, match="no group 'no-such-group'"):
                server.start()
        assert not list(tmp_path.iterdir())
