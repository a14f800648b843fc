"""`kioskctl status`: what a technician wants to know first."""

from __future__ import annotations

import click

from kiosk.core import api
from kiosk.core.view import DeviceView
from kiosk.ctl import words
from kiosk.ctl.session import common, session

GOOD, BAD, CARE = "green", "red", "yellow"


@click.command()
@common
def status() -> None:
    """Show the state of everything, and what to mend."""
    here = session()
    found = here.ask(api.GetStatus(), api.Status)
    here.show(found, lambda: _say(found))


def _say(found: api.Status) -> None:
    click.echo(
        click.style(found.site, bold=True) + f"  {found.device_id} of {found.tenant}, {found.software}"
    )
    ready = click.style("ready", fg=GOOD) if found.ready else click.style("NOT taking punches", fg=BAD)
    _line("kiosk", f"{ready}, up {words.duration(found.uptime_s)}")
    _line("clock", _clock(found))
    _line("centre", _centre(found))
    accepted = f"{words.number(found.ledger.accepted)} accepted by the centre"
    _line("ledger", f"{words.many(found.ledger.seq, 'record')}, {accepted}")
    people = words.many(found.people, "person", "people")
    _line("people", f"{people}, {words.many(found.fingers, 'finger')} enrolled")
    rules = found.policy if found.roster == "local" else f"{found.policy}, roster {found.roster}"
    _line("today", f"{words.many(found.punches_today, 'punch', 'punches')}, policy {rules}")
    for device in found.devices:
        _line(device.name, _device(device))
    if found.refused:
        _line("refused", ", ".join(f"{cause} {count}" for cause, count in sorted(found.refused.items())))
    for problem in found.problems:
        click.echo(click.style("! ", fg=BAD) + problem)


def _line(label: str, text: str) -> None:
    click.echo(f"  {label:<10} {text}")


def _clock(found: api.Status) -> str:
    text = click.style(
        words.CLOCKS.get(found.clock.source, found.clock.source),
        fg=CARE if found.clock.source == "none" else GOOD,
    )
    offset_ms = found.clock.offset_ms
    text = f"{found.local_time}, {text}"
    return text + (f", {offset_ms:+,} ms from the system's" if offset_ms else "")


def _centre(found: api.Status) -> str:
    text = click.style(
        words.LINKS.get(found.link.status, found.link.status),
        fg={"online": GOOD, "off": "", "refused": BAD}.get(found.link.status, CARE) or None,
    )
    return f"{text}, {words.many(found.link.backlog, 'record')} waiting"


def _device(device: DeviceView) -> str:
    state = click.style(device.status, fg={"ready": GOOD, "fault": BAD}.get(device.status, CARE))
    cause = f" ({device.cause.replace('_', ' ')})" if device.cause else ""
    return f"{device.kind} {state}{cause}" + (", simulated" if device.simulated else "")
