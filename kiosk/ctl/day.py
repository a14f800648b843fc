"""Days as people type them."""

from __future__ import annotations

from datetime import date

import click

from kiosk.core import api
from kiosk.ctl.client import Client

YEARS = range(2000, 2100)


def iso_day(text: str, also: str = "") -> str:
    """An ISO date of this century; `also` names another word it may be. Raises `click.UsageError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        raise click.UsageError(f"{text!r} is no day; write 2026-01-31{also}")
    return day.isoformat()


def today(client: Client) -> str:
    """The kiosk's day, whatever zone the system is set to."""
    return client.ask(api.GetStatus(), api.Status).local_time[:10]
