"""`kioskctl consent`, `kioskctl privacy`: consent, a person's own data, erasure with its certificate."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk.core import api, desk
from kiosk.ctl import words
from kiosk.ctl.session import common, session


@click.group()
@common
def consent() -> None:
    """The consent text: show it, put an agreement or a withdrawal on record."""


@consent.command()
@click.option("--language", type=click.Choice(("id", "en")), default="id", show_default=True)
@common
def show(language: str) -> None:
    """The text that must be read before an enrolment."""
    here = session()
    text = here.ask(desk.GetConsent(language=language), desk.ConsentText)  # type: ignore[arg-type]
    here.show(text, lambda: click.echo(text.text))


@consent.command()
@click.argument("number")
@common
def give(number: str) -> None:
    """NUMBER has read the text and agrees."""
    _put(number, given=True)


@consent.command()
@click.argument("number")
@common
def withdraw(number: str) -> None:
    """NUMBER withdraws: fingers and faces are deleted at once."""
    _put(number, given=False)


def _put(number: str, *, given: bool) -> None:
    here = session()
    with here.client() as client:
        version = client.ask(desk.GetConsent(), desk.ConsentText).version
        done = client.ask(desk.PutConsent(number=number, version=version, given=given), api.Done)
    here.show(done, lambda: click.echo(done.message))


@click.group()
@common
def privacy() -> None:
    """What a person may ask of those who hold their data (UU 27/2022)."""


@privacy.command()
@click.argument("number")
@click.option("--file", type=click.Path(path_type=Path), help="Write the machine-readable form there.")
@common
def export(number: str, file: Path | None) -> None:
    """Everything held about NUMBER, for themselves."""
    here = session()
    data = here.ask(desk.GetOwnData(number=number), desk.OwnData)
    if file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1))
    here.show(data, lambda: click.echo(data.readable))


@privacy.command()
@click.argument("number")
@click.option("--reason", required=True)
@click.option("--certificate", type=click.Path(path_type=Path), help="Write the signed certificate there.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@common
def erase(number: str, reason: str, certificate: Path | None, yes: bool) -> None:
    """Erase fingers, faces, PIN, photos and private text of NUMBER; their punches stay, naming nobody."""
    here = session()
    if not yes:
        click.confirm(f"Erase {number}? This cannot be undone", abort=True)
    done = here.ask(desk.Erase(number=number, reason=reason), desk.Certificate, answer_s=300.0)
    if certificate:
        certificate.write_text(_words(done), encoding="utf-8")
    here.show(done, lambda: click.echo(_words(done), nl=False))


@privacy.command()
@common
def reseal() -> None:
    """Make a new key for the vault and seal every finger, face and PIN with it; the old key is deleted."""
    here = session()
    done = here.ask(api.Reseal(), api.Resealed, answer_s=300.0)
    here.show(done, lambda: _say_resealed(done))


def _say_resealed(done: api.Resealed) -> None:
    click.echo(f"{words.many(done.resealed, 'template')} sealed with the new key")
    if done.unreadable:
        click.echo(f"{words.many(done.unreadable, 'template')} cannot be read; the old keys were kept")


def _words(done: desk.Certificate) -> str:
    return f"{done.statement}key={done.key}\nsignature={done.signature}\n"
