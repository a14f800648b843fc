"""`kioskctl top`: the kiosk as it is now, on 24 lines of 80, redrawn where something changed.

Over a bad line every byte counts and any may be lost: a frame is one write, only lines that differ are
sent, and every tenth frame is sent whole. Colour and an alternate screen are not needed.
"""

from __future__ import annotations

import contextlib
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from kiosk.core import api
from kiosk.ctl import words
from kiosk.ctl.client import Client
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

LINES, COLUMNS = 24, 80
ANSWER_S = 5.0
WHOLE_EVERY = 10
THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")


@click.command()
@click.option("--every", "every_s", type=click.FloatRange(0.5, 60), default=2.0, show_default=True)
@click.option("--once", is_flag=True, help="One frame, then end.")
@common
def top(every_s: float, once: bool) -> None:
    """Show the kiosk live on a screen of 80x24, on any line; q ends it."""
    if once or session().as_json or not (sys.stdout.isatty() and sys.stdin.isatty()):
        lines = frame()
        session().show({"lines": lines}, lambda: click.echo("\n".join(lines)))
        return
    painter = Painter()
    with _keys():
        while True:
            sys.stdout.write(painter.paint(frame()))
            sys.stdout.flush()
            if _pressed_q(every_s):
                sys.stdout.write(f"\x1b[{LINES};1H\r\n")
                return


class Painter:
    """Turns frames into as few bytes as the terminal needs."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._painted = 0

    def paint(self, lines: Sequence[str]) -> str:
        """What to send so that `lines` stand there; after every tenth frame all of it again."""
        whole = self._painted % WHOLE_EVERY == 0
        self._painted += 1
        before, self._shown = ([] if whole else self._shown), list(lines)
        changed = [
            f"\x1b[{number};1H\x1b[2K{line}"
            for number, line in enumerate(lines, 1)
            if number > len(before) or before[number - 1] != line
        ]
        return ("\x1b[2J" if self._painted == 1 else "") + "".join(changed) + f"\x1b[{LINES};1H"


def frame() -> list[str]:
    """The 24 lines as they are now, none longer than 80."""
    try:
        with session().client() as client:
            lines = _lines(client)
    except CtlError as error:
        lines = ["kioskd does not answer", "", str(error), error.hint, "", "it is asked again"]
    lines = [*lines[: LINES - 1], *[""] * (LINES - 1 - len(lines))]
    return [line[:COLUMNS] for line in (*lines, "q: end")]


def _lines(client: Client) -> list[str]:
    status = client.ask(api.GetStatus(), api.Status, answer_s=ANSWER_S)
    punches = client.ask(api.GetPunches(limit=9), api.Punches, answer_s=ANSWER_S)
    return [*_head(status), "", *_devices(status), "", *_punches(punches, 22 - 8 - len(status.devices))]


def _head(status: api.Status) -> list[str]:
    mark = "ready" if status.ready else "NOT TAKING PUNCHES"
    clock = words.CLOCKS.get(status.clock.source, status.clock.source)
    link = words.LINKS.get(status.link.status, status.link.status)
    refused = words.number(sum(status.refused.values()))
    title = f"{status.site}  {status.tenant}/{status.device_id}"
    return [
        f"{title:<70.70}  {status.local_time[11:19]}",
        f"{mark}, up {words.duration(status.uptime_s)}{_temperature()}   clock {clock}",
        f"centre  {link}, {words.number(status.link.backlog)} waiting",
        f"today   {words.many(status.punches_today, 'punch', 'punches')}, {refused} refused since the start",
        f"ledger  {words.number(status.ledger.seq)} records, {words.number(status.ledger.accepted)} accepted",
        *[f"! {problem}" for problem in status.problems[:3]],
    ]


def _devices(status: api.Status) -> Iterator[str]:
    for device in status.devices[:6]:
        cause = f" ({device.cause})" if device.cause else ""
        simulated = ", simulated" if device.simulated else ""
        mark = "!" if device.status == "fault" else " "
        yield f"{mark} {device.kind:<9}{device.name:<20.20} {device.status}{cause}{simulated}"


def _punches(found: api.Punches, most: int) -> Iterator[str]:
    for row in found.punches[: max(0, most)]:
        mark = " " if row.at.trusted else "?"
        yield f"{row.local[11:19]}{mark} {row.name:<34.34} {words.verdict(row.shown):<22.22} {row.delivery}"


def _temperature() -> str:
    with contextlib.suppress(OSError, ValueError):
        return f", {int(THERMOMETER.read_text(encoding='ascii')) / 1000:.0f} C"
    return ""


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Keys come one by one and unseen; the terminal is given back as it was."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _pressed_q(timeout_s: float) -> bool:
    """Whether q was pressed within `timeout_s`; a line that hung up counts as that."""
    end_s = time.monotonic() + timeout_s
    while (left_s := end_s - time.monotonic()) > 0:
        if select.select([sys.stdin], [], [], left_s)[0] and sys.stdin.read(1) in ("q", "Q", ""):
            return True
    return False
