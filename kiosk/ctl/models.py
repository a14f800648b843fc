"""`kioskctl models`: the model files that OpenCV's face engine needs and that are not shipped."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk.core import faces
from kiosk.ctl.atomic import Owned, write_atomically
from kiosk.ctl.session import common, session
from kiosk.ctl.table import print_table
from kiosk.ctl.tools import face_tool

JUDGE_S = 120.0


class Model(msgspec.Struct, frozen=True):
    """One model file; `known`: by its SHA-256, not only by its shape."""

    sha256: str
    name: str
    what: str
    known: bool
    file: str = ""


class Models(msgspec.Struct, frozen=True):
    """What lies in the models' folder."""

    folder: str
    models: tuple[Model, ...]


@click.group()
@common
def models() -> None:
    """Model files for face.engine = "opencv": they are not shipped, you bring them."""


@models.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Take a file that is not known by its SHA-256.")
@common
def add(file: Path, yes: bool) -> None:
    """Check FILE, a detector or a recogniser in ONNX, and put it where kiosk-face looks."""
    here, model = session(), _judged(file)
    if not model.known and not yes:
        click.confirm(
            f"{file.name} is {model.what}, but not a file we know ({model.sha256}). Use it?", abort=True
        )
    path = _folder() / model.name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, file.read_bytes(), Owned(0o644))
    done = msgspec.structs.replace(model, file=str(path))
    here.show(done, lambda: click.echo(f"{path}: {model.what}; then: systemctl restart kiosk-face"))


@models.command("list")
@common
def list_() -> None:
    """What is there, checked again."""
    here, folder = session(), _folder()
    found = Models(str(folder), tuple(_judged(path) for path in sorted(folder.glob("*.onnx"))))
    rows = [
        (one.name, one.what, "known" if one.known else "unknown", one.sha256[:16]) for one in found.models
    ]
    here.show(found, lambda: print_table(("file", "what", "", "sha-256"), rows, flexible=("what",)))


def _folder() -> Path:
    with session().client() as client:
        return Path(client.ask(faces.GetFaceStatus(), faces.FaceStatus).models_dir)


def _judged(path: Path) -> Model:
    return face_tool("model_files", str(path), answer=Model, timeout_s=JUDGE_S)
