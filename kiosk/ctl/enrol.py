"""`kioskctl enrol`: give a person a way to be recognised, with somebody there to guide the finger."""

from __future__ import annotations

from typing import Any

import click

from kiosk.core import api, desk
from kiosk.ctl import words
from kiosk.ctl.session import common, session

SLACK_S = 45.0


@click.group()
@common
def enrol() -> None:
    """Enrol fingers."""


@enrol.command()
@click.argument("number")
@click.option(
    "--finger", default="right-index", show_default=True, help="left|right-thumb|index|middle|ring|little"
)
@click.option("--reader", default="", help="Which reader, when there are several.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(2, 120), default=30.0, show_default=True)
@click.option("--consent", is_flag=True, help="They have read `kioskctl consent show` and agree.")
@common
def finger(number: str, finger: str, reader: str, timeout_s: float, consent: bool) -> None:
    """Enrol a finger of the person with NUMBER: the same finger twice on the reader.

    Nobody is enrolled who has not agreed to the consent text.
    """
    here = session()
    with here.client() as client:
        agreed = client.ask(desk.GetConsent(), desk.ConsentText).version if consent else ""
        command = api.EnrolFinger(
            number=number, finger=finger, reader=reader, timeout_s=timeout_s, consent=agreed
        )
        done = client.ask(command, api.Enrolled, on_event=_say_step, answer_s=timeout_s + SLACK_S)
    here.show(
        done, lambda: click.echo(f"{done.name}: {done.finger} enrolled (slot {done.slot}, record {done.seq})")
    )


def _say_step(event: dict[str, Any]) -> None:
    """Progress goes to stderr, so that --json leaves one document on stdout."""
    step, reason = event.get("step", ""), event.get("reason", "")
    text = words.STEPS.get(step, step.replace("_", " "))
    if reason:
        text = f"Not read: {words.REASONS.get(reason, reason.replace('_', ' '))}."
    click.echo(text, err=True)
