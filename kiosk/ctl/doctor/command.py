"""`kioskctl doctor`: what is wrong with this kiosk, why, and what to type."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from kiosk.ctl import words
from kiosk.ctl.session import common, session

if TYPE_CHECKING:
    from kiosk.ctl.doctor.finding import Finding

LEVELS = {
    "ok": ("ok", "green"),
    "warning": ("warning", "yellow"),
    "fault": ("FAULT", "red"),
    "unknown": ("?", None),
}
WIDTH = 96
FIX_S = 300.0


PARTS = ("power", "disk", "files", "ledger", "kioskd", "clock", "devices", "screen", "network")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS), metavar="[PART]...")
@click.option(
    "--config",
    "config_file",
    type=click.Path(readable=False, path_type=Path),
    help="kiosk.toml.  [default: kioskd's own, /etc/hadir/kiosk.toml]",
)
@click.option("--fix", is_flag=True, help="Run the commands that are safe, then look again.")
@click.option("--faults", is_flag=True, help="Leave out what is all right.")
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default="/",
    help="Where /sys, /proc, /dev, /etc and /run are looked for.",
)
@common
def doctor(parts: tuple[str, ...], config_file: Path | None, fix: bool, faults: bool, root: Path) -> None:
    """Examine every PART, or those named; say what is wrong, why, and the command that mends it.

    Parts are power, disk, files, ledger, kioskd, clock, devices, screen and network.
    Works without kioskd too. Exit 0 without faults, 1 with; 3 when the only one is that kioskd does
    not answer, 4 when all are of devices. As root it sees most.
    """
    from kiosk.ctl.doctor.examination import examine
    from kiosk.ctl.doctor.machine import Machine
    from kiosk.ctl.doctor.seen import look

    here = session()
    sockets = [here.socket] if here.socket else [here.usual_socket()]
    seen = look(Machine(root), config_file, sockets)
    report = examine(seen, parts)
    if fix:
        ran = tuple(_run(f.command, as_json=here.as_json) for f in report.findings if f.safe and f.command)
        if ran:
            report = examine(look(Machine(root), config_file, sockets), parts)
            report = msgspec.structs.replace(report, ran=ran)
    if faults:
        findings = tuple(f for f in report.findings if f.level != "ok")
        report = msgspec.structs.replace(report, findings=findings)
    here.show(report, lambda: _say(report.findings))
    click.get_current_context().exit(report.exit_code)


def _run(command: str, *, as_json: bool) -> str:
    if not as_json:
        click.echo(f"$ {command}", err=True)
    subprocess.run(
        ("sh", "-c", command), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False,
        timeout=FIX_S, env=dict(os.environ),
    )  # fmt: skip
    return command


def _say(findings: tuple[Finding, ...]) -> None:
    counts = dict.fromkeys(LEVELS, 0)
    for finding in findings:
        counts[finding.level] += 1
        _say_one(finding.level, finding.part, finding.words, finding.advice, finding.command)
    faults, warnings = words.many(counts["fault"], "fault"), words.many(counts["warning"], "warning")
    click.echo(f"{faults}, {warnings}; {counts['ok']} all right, {counts['unknown']} could not be told")


def _say_one(level: str, part: str, text: str, advice: str, command: str) -> None:
    label, colour = LEVELS[level]
    mark = click.style(f"{label:<8}", fg=colour, bold=level == "fault")
    indent = " " * 10
    lines = textwrap.wrap(f"{part}: {text}", WIDTH - 10, subsequent_indent="  ")
    click.echo(f"{mark}  " + f"\n{indent}".join(lines))
    if level in ("ok", "unknown") and not advice:
        return
    for line in textwrap.wrap(advice, WIDTH - 12):
        click.echo(f"{indent}  {line}")
    if command:
        click.echo(f"{indent}  $ {command}")
