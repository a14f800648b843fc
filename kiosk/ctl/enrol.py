"""`kioskctl enrol`: give a person a way to be recognised, with somebody there to guide finger and face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kiosk.core import api, desk, faces
from kiosk.ctl import words
from kiosk.ctl.client import Client
from kiosk.ctl.errors import CtlError, RefusedError
from kiosk.ctl.session import common, session

SLACK_S = 45.0
PICTURE_S = 150.0  # longer than kioskd waits for the network on the slowest machine
MOST_PICTURE_BYTES = 2_200_000
WISE_TEMPLATES = 3


@click.group()
@common
def enrol() -> None:
    """Enrol fingers and faces."""


@enrol.command()
@click.argument("number")
@click.option(
    "--finger", type=click.Choice(api.FINGERS), metavar="FINGER", default="right-index", show_default=True,
    help="left|right-thumb|index|middle|ring|little",
)  # fmt: skip
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


@enrol.command("face")
@click.argument("number")
@click.option(
    "--from", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pictures instead of the camera: every *.jpg in there, each judged in words.",
)  # fmt: skip
@click.option("--timeout", "timeout_s", type=click.FloatRange(5, 300), default=90.0, show_default=True)
@click.option("--consent", is_flag=True, help="They have read `kioskctl consent show` and agree.")
@click.option("--alike", is_flag=True, help="They look like somebody enrolled, and are two people.")
@common
def face_(number: str, folder: Path | None, timeout_s: float, consent: bool, alike: bool) -> None:
    """Enrol the face of the person with NUMBER: five poses before the camera, or pictures of them.

    What was enrolled before is replaced. Nobody is enrolled who has not agreed to the consent text.
    """
    here = session()
    with here.client() as client:
        agreed = client.ask(desk.GetConsent(), desk.ConsentText).version if consent else ""
        if folder is None:
            command = faces.EnrolFace(number=number, timeout_s=timeout_s, consent=agreed, alike=alike)
            wait_s = timeout_s + SLACK_S
            done = client.ask(command, faces.FaceEnrolled, on_event=_say_pose, answer_s=wait_s)
        else:
            done = _from_pictures(client, number, folder, agreed, alike=alike)
    here.show(done, lambda: _say_face(done))


def _from_pictures(
    client: Client, number: str, folder: Path, agreed: str, *, alike: bool
) -> faces.FaceEnrolled:
    """One after another; the first that can be used replaces what was enrolled before."""
    done: faces.FaceEnrolled | None = None
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
    for path in paths:
        jpeg = path.read_bytes()
        if len(jpeg) > MOST_PICTURE_BYTES:
            click.echo(f"{path.name}: larger than {MOST_PICTURE_BYTES // 1000} kB; make it smaller", err=True)
            continue
        command = faces.EnrolFacePicture(
            number=number, jpeg=jpeg, first=done is None, consent=agreed, alike=alike
        )
        try:
            done = client.ask(command, faces.FaceEnrolled, answer_s=PICTURE_S)
        except RefusedError as error:
            if error.code not in ("failed", "bad_request"):
                raise
            click.echo(f"{path.name}: {error}; {error.hint}", err=True)
            continue
        agreed = ""
        click.echo(f"{path.name}: taken", err=True)
    if done is None:
        raise CtlError(
            "failed", f"none of {len(paths)} pictures in {folder} can be used", "bring better ones"
        )
    return done


def _say_pose(event: dict[str, Any]) -> None:
    advice = event.get("advice", "")
    text = words.POSES.get(event.get("pose", ""), "") if not advice else words.ADVICE.get(advice, advice)
    click.echo(f"{event.get('done', 0)} of {event.get('of', 5)}: {text}", err=True)


def _say_face(done: faces.FaceEnrolled) -> None:
    click.echo(f"{done.name}: {words.many(done.templates, 'face template')} (record {done.seq})")
    if done.templates < WISE_TEMPLATES:
        click.echo(f"  {WISE_TEMPLATES} pictures and more recognise far better: add some")
    for other in done.alike:
        click.echo(f"  looks like {other.name} ({other.number}): both will be asked for digits or a finger")


def _say_step(event: dict[str, Any]) -> None:
    """Progress goes to stderr, so that --json leaves one document on stdout."""
    step, reason = event.get("step", ""), event.get("reason", "")
    text = words.STEPS.get(step, step.replace("_", " "))
    if reason:
        text = f"Not read: {words.REASONS.get(reason, reason.replace('_', ' '))}."
    click.echo(text, err=True)
