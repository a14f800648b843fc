"""What every terminal must do, whatever the hardware; a driver's tests derive from `TerminalContract`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from drivers.base.errors import Rejected, Unavailable
from drivers.base.terminal import BadRow, LiveEvent, Terminal, TerminalTemplate, TerminalUser

GUEST = "99017"
CLOCK_TOLERANCE_MS = 2500


class Person(ABC):
    """Whoever stands in front of the terminal: the emulator, or a person who is asked to."""

    @abstractmethod
    def punch(self, user_id: str) -> None:
        """Be recognised as `user_id`, once."""


class TerminalContract:
    """Give it the fixtures `terminal` (not open) and `person`; it leaves the terminal as it was."""

    def test_tells_what_it_is(self, terminal: Terminal) -> None:
        info = terminal.open()
        assert info.serial
        assert 0 <= info.users <= info.user_capacity
        assert 0 <= info.records <= info.record_capacity
        assert info == replace(terminal.status(), clock_offset_ms=info.clock_offset_ms)

    def test_reads_its_whole_log_again_and_again(self, terminal: Terminal) -> None:
        terminal.open()
        first, second = terminal.log(), terminal.log()
        assert len(first.rows) + len(first.bad) >= first.declared
        assert first.first == 0
        assert second.rows[: len(first.rows)] == first.rows
        assert len({row.key for row in first.rows}) == len(first.rows)

    def test_a_punch_is_announced_and_logged(self, terminal: Terminal, person: Person) -> None:
        terminal.open()
        user = terminal.users()[0]
        before = terminal.log()
        terminal.live(0.0)
        person.punch(user.user_id)
        deadline_s = time.monotonic() + 30.0
        seen: list[LiveEvent | BadRow] = []
        while not seen and time.monotonic() < deadline_s:
            seen = terminal.live(0.5)
        assert isinstance(seen[0], LiveEvent)
        assert seen[0].user_id == user.user_id
        news = terminal.log_since(before.mark)
        assert [row.user_id for row in news.rows] == [user.user_id]
        assert news.rows[0].wall == seen[0].wall
        assert news.first == len(before.rows) + len(before.bad)
        assert terminal.log().rows == before.rows + news.rows

    def test_no_news_is_an_empty_log(self, terminal: Terminal) -> None:
        terminal.open()
        before = terminal.log()
        news = terminal.log_since(before.mark)
        assert (news.rows, news.bad) == ((), ())

    def test_waiting_for_punches_ends(self, terminal: Terminal) -> None:
        terminal.open()
        started_s = time.monotonic()
        assert terminal.live(0.3) == []
        assert time.monotonic() - started_s < 2.0

    def test_a_user_comes_and_goes(self, terminal: Terminal) -> None:
        terminal.open()
        everybody = terminal.users()
        stored = terminal.put_user(TerminalUser(0, GUEST, "Ib\u00fa Guru", card=1234567, password="12"))
        try:
            assert stored in terminal.users()
            again = terminal.put_user(replace(stored, uid=0, name="Lain"))
            assert again.uid == stored.uid
            assert len(terminal.users()) == len(everybody) + 1
        finally:
            assert terminal.delete_user(GUEST)
        assert not terminal.delete_user(GUEST)
        assert terminal.users() == everybody

    def test_a_template_survives_the_way_there_and_back(self, terminal: Terminal) -> None:
        terminal.open()
        data = bytes(range(1, 251)) * 5
        stored = terminal.put_user(TerminalUser(0, GUEST, "Tamu"))
        try:
            assert terminal.get_template(stored.uid, 6) is None
            terminal.put_template(stored, TerminalTemplate(stored.uid, 6, 1, data))
            template = terminal.get_template(stored.uid, 6)
            assert template is not None
            assert template.data == data
            assert template in terminal.templates()
        finally:
            terminal.delete_user(GUEST)
        assert stored.uid not in {one.uid for one in terminal.templates()}

    def test_a_name_is_cut_between_characters(self, terminal: Terminal) -> None:
        terminal.open()
        name = "\u00e9" * 40
        try:
            stored = terminal.put_user(TerminalUser(0, GUEST, name))
            assert stored.name
            assert name.startswith(stored.name)
            assert stored in terminal.users()
        finally:
            terminal.delete_user(GUEST)

    @pytest.mark.parametrize("user_id", ["", "1" * 25, "a\0b", "\u0001"])
    def test_a_user_id_is_never_cut_or_guessed(self, terminal: Terminal, user_id: str) -> None:
        terminal.open()
        with pytest.raises(Rejected) as refused:
            terminal.put_user(TerminalUser(0, user_id))
        assert refused.value.reason == "bad_user_id"
        assert terminal.is_open

    def test_its_clock_is_read_and_set(self, terminal: Terminal) -> None:
        terminal.open()
        reading = terminal.read_clock()
        assert reading.wall is not None
        assert reading.offset_ms is not None
        terminal.set_clock(reading.wall)
        again = terminal.read_clock()
        assert again.offset_ms is not None
        assert abs(again.offset_ms - reading.offset_ms) < CLOCK_TOLERANCE_MS

    def test_its_log_is_not_cleared_while_it_holds_more_than_is_committed(self, terminal: Terminal) -> None:
        terminal.open()
        records = terminal.status().records
        with pytest.raises(Rejected) as refused:
            terminal.clear_log(records + 1)
        assert refused.value.reason == "log_has_grown"
        assert terminal.status().records == records

    def test_a_closed_terminal_says_so_and_opens_again(self, terminal: Terminal) -> None:
        with pytest.raises(Unavailable):
            terminal.status()
        serial = terminal.open().serial
        terminal.close()
        terminal.close()
        with pytest.raises(Unavailable):
            terminal.log()
        assert terminal.open().serial == serial
