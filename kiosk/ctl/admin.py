"""`kioskctl admin`: the first administrator's one-time code, and the answer to a lost PIN's challenge."""

from __future__ import annotations

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core import setup
from kiosk.core.codes import BadChallengeError, answer_to, grouped, read_challenge
from kiosk.core.exchange import SealError, agreed, receive_private
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
@common
def admin() -> None:
    """The first administrator, and what gives a lost PIN anew."""


@admin.command()
@common
def code() -> None:
    """Make the one-time code by which somebody becomes administrator at the screen.

    It takes the place of the code before; whoever types it gives their number and PIN and enrols a finger.
    """
    here = session()
    made = here.ask(setup.MakeCode(), setup.Code)
    here.show(made, lambda: click.echo(f"{made.code}\nAt the screen: touch 'Siapkan' and type it."))


@admin.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@common
def key(file: Path) -> None:
    """Make a technician's key in FILE, and print what kiosk.toml says of it."""
    here = session()
    private = Ed25519PrivateKey.generate()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CtlError("conflict", f"{file} is there already", "name another file") from error
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(private.private_bytes_raw().hex() + "\n")
    public = private.public_key().public_bytes_raw().hex()
    words = f'[control]\ntechnician_key = "{public}"\nKeep {file}: it gives PINs anew on every such kiosk.'
    here.show({"technician_key": public}, lambda: click.echo(words))


@admin.command()
@click.argument("text")
@click.option("--key", "key_file", required=True, type=FILE,
              help="The technician's key, from `kioskctl admin key`.")  # fmt: skip
@common
def answer(text: str, key_file: Path) -> None:
    """Answer a challenge; TEXT is what the QR code on the kiosk's screen says. Needs no kiosk."""
    here = session()
    try:
        asked = read_challenge(text)
        seed = bytes.fromhex(key_file.read_text(encoding="ascii"))
        digits = answer_to(agreed(receive_private(seed), bytes.fromhex(asked.receive_key)), asked)
    except (BadChallengeError, SealError, ValueError) as error:
        hint = "copy all of the QR code's text; the key file is 64 hex digits"
        raise CtlError("bad_request", f"it cannot be answered: {error}", hint) from error
    here.show({"answer": digits}, lambda: click.echo(grouped(digits)))
