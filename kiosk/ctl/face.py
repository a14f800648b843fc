"""`kioskctl face`: how recognition stands, thresholds from the office's own pictures, taking faces away."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk.core import api, faces
from kiosk.ctl import words
from kiosk.ctl.session import common, session
from kiosk.ctl.tools import face_tool

CALIBRATE_S = 24 * 3600.0


class Calibrated(msgspec.Struct, frozen=True):
    """What `kioskctl face calibrate` wrote; `disjoint`: tested on other people than it was fitted to."""

    calibration: str
    plot: str
    people: int
    pictures: int
    passed_over: int
    staff_identified_percent: float
    strangers_accepted_percent: float
    disjoint: bool
    threshold: float
    source: str


@click.group()
@common
def face() -> None:
    """Faces: status, calibration, removal."""


@face.command()
@common
def status() -> None:
    """Camera, engine, people and the operating point in force."""
    here = session()
    found = here.ask(faces.GetFaceStatus(), faces.FaceStatus)
    here.show(found, lambda: _say(found))


@face.command()
@click.argument("number")
@common
def remove(number: str) -> None:
    """Delete the face of the person with NUMBER from vault and gallery."""
    here = session()
    done = here.ask(faces.RemoveFace(number=number), api.Done)
    here.show(done, lambda: click.echo(done.message))


@face.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("face-calibration.json"),
    show_default=True, help="The thresholds, for face.calibration_file of kiosk.toml.",
)  # fmt: skip
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), default=Path("face-det.png"),
    show_default=True, help="The DET curve.",
)  # fmt: skip
@click.option("--false-accept", type=click.FloatRange(1e-5, 0.1), default=0.003, show_default=True)
@click.option("--gallery", type=click.IntRange(2), default=100, show_default=True, help="People enrolled.")
@click.option("--by", "author", default="", help="Who measured; goes into the provenance.")
@common
def calibrate(folder: Path, out: Path, plot: Path, false_accept: float, gallery: int, author: str) -> None:
    """Fit the thresholds to the people in FOLDER/PERSON/*.jpg: 150 people with four pictures and more.

    Runs by itself, best on another machine; kioskd is not asked. No picture gets into the files.
    """
    made = face_tool(
        "calibrating", str(folder), "--out", str(out), "--plot", str(plot), "--by", author,
        "--false-accept", str(false_accept), "--gallery", str(gallery), answer=Calibrated,
        timeout_s=CALIBRATE_S,
    )  # fmt: skip
    session().show(made, lambda: _say_made(made))


def _say(found: faces.FaceStatus) -> None:
    if not found.enabled:
        click.echo("recognition is off: face.enabled = false in kiosk.toml")
        return
    facts = (
        ("kiosk-face", "runs" if found.running else "does not run: systemctl status kiosk-face"),
        ("camera", f"{found.camera}: {found.info}"),
        ("engine", found.engine),
        ("liveness", found.liveness),
        ("people", f"{words.number(found.people)}, {words.many(found.templates, 'template')}"),
        ("threshold", f"{found.threshold_milli / 1000:.3f} ({found.provenance})"),
        ("seen", ", ".join(f"{count} {kind}" for kind, count in found.seen.items()) or "nobody yet"),
        ("models", found.models_dir),
    )
    for label, text in facts:
        click.echo(f"  {label:<10} {text}")


def _say_made(made: Calibrated) -> None:
    people, pictures = words.many(made.people, "person", "people"), words.many(made.pictures, "picture")
    click.echo(f"{made.calibration}, {made.plot}: {people}, {pictures}, {made.passed_over} not usable")
    whom = "other people" if made.disjoint else "the same people, who were too few to part"
    staff, strangers = made.staff_identified_percent, made.strangers_accepted_percent
    click.echo(f"tested on {whom}: {staff:.1f} % of staff, {strangers:.2f} % of strangers taken")
    click.echo(f"threshold {made.threshold:.3f}, from {made.source}")
    click.echo(f'put it beside the ledger and set face.calibration_file = "{Path(made.calibration).name}"')
