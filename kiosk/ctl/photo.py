"""`kioskctl photo`: look at the photo beside a punch or a refusal; that somebody looked is put on record."""

from __future__ import annotations

import base64
from pathlib import Path

import click
import msgspec

from kiosk.core import desk
from kiosk.ctl.atomic import Owned, write_atomically
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session


class PhotoFile(msgspec.Struct, frozen=True):
    """Where the photo of record `seq` was written."""

    seq: int
    kind: str
    file: str


@click.command()
@click.argument("seq", type=click.IntRange(1))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="[default: photo-SEQ.jpg]")
@common
def photo(seq: int, out: Path | None) -> None:
    """Write the photo beside record SEQ to a file; the ledger keeps who looked."""
    here, path = session(), out or Path(f"photo-{seq}.jpg")
    found = here.ask(desk.GetPhoto(seq=seq), desk.PhotoOut)
    if not found.jpeg:
        hint = "there was no camera, or it was deleted after its time (photo_days of the policy)"
        raise CtlError("not_found", f"there is no photo beside record {seq}", hint)
    write_atomically(path, base64.b64decode(found.jpeg), Owned(0o600))
    done = PhotoFile(seq, found.kind, str(path))
    here.show(done, lambda: click.echo(f"{path} (record {seq}, {found.kind}); that you looked is on record"))
