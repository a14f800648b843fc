"""`kioskctl emulate`: put somebody in front of an emulated device; real devices refuse."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk.core import api
from kiosk.core.config import CAMERA
from kiosk.core.view import Card
from kiosk.ctl import words
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

SLACK_S = 15.0


@click.group()
@common
def emulate() -> None:
    """Act on emulated devices."""


@emulate.command()
@click.argument("number")
@click.option("--finger", default="right-index", show_default=True)
@click.option("--quality", default="good", show_default=True, help="good, dry, wet, messy or small.")
@click.option("--device", default="", help="Which reader, when there are several.")
@click.option("--wait", "wait_s", type=click.FloatRange(0.1, 60), default=8.0, show_default=True)
@common
def finger(number: str, finger: str, quality: str, device: str, wait_s: float) -> None:
    """Put a finger of the person with NUMBER on the emulated reader, and say what the kiosk showed."""
    _shown(
        api.Emulate(
            what="finger", subject=number, finger=finger, quality=quality, device=device, wait_s=wait_s
        )
    )


@emulate.command("face")
@click.argument("subject", metavar="NUMBER|FOLDER")
@click.option("--attack", type=click.Choice(("photo",)), help="Hold a photo of them up instead.")
@click.option("--wait", "wait_s", type=click.FloatRange(1, 600), default=30.0, show_default=True)
@common
def face_(subject: str, attack: str | None, wait_s: float) -> None:
    """Put the person with NUMBER before the emulated camera; they do what the screen asks.

    FOLDER: a clip of JPEG files instead. The same person is told once in 20 seconds.
    """
    folder = Path(subject)
    named = str(folder.resolve()) if folder.is_dir() else subject
    _shown(api.Emulate(what="face", subject=named, attack=attack is not None, wait_s=wait_s))


@emulate.command()
@click.argument("number")
@click.option("--device", default="", help="Which terminal, when there are several.")
@click.option("--wait", "wait_s", type=click.FloatRange(0.1, 60), default=8.0, show_default=True)
@common
def zk(number: str, device: str, wait_s: float) -> None:
    """Let the person with NUMBER punch on the emulated terminal, and say what the kiosk showed."""
    _shown(api.Emulate(what="zk", subject=number, device=device, wait_s=wait_s))


@emulate.command()
@click.argument("device")
@common
def unplug(device: str) -> None:
    """Pull the emulated DEVICE's plug."""
    done = _ask(api.Emulate(what="unplug", subject=device))
    session().show(done, lambda: click.echo(f"{done.device} is unplugged"))


@emulate.command()
@click.argument("device")
@common
def replug(device: str) -> None:
    """Plug the emulated DEVICE in again."""
    done = _ask(api.Emulate(what="replug", subject=device))
    session().show(done, lambda: click.echo(f"{done.device} is plugged in"))


def _shown(command: api.Emulate) -> None:
    done = _ask(command)
    if done.card is None:
        raise CtlError("timeout", f"the kiosk showed nothing within {command.wait_s:g} s", "kioskctl status")
    card = msgspec.convert(done.card, Card)
    session().show(done, lambda: _say(done.device, card))


def _ask(command: api.Emulate) -> api.Emulated:
    return session().ask(command, api.Emulated, answer_s=command.wait_s + SLACK_S)


def _say(device: str, card: Card) -> None:
    kind = f"{card.kind}_face" if device == CAMERA and card.kind == "unknown" else card.kind
    what = click.style(words.CARDS.get(kind, kind), fg="green" if card.kind == "taken" else "yellow")
    verdict = (
        words.verdict(card)
        if card.kind in ("taken", "repeat", "refused", "greeting")
        else words.REASONS.get(card.code, "")
    )
    click.echo(", ".join(part for part in (f"{device}: {what}", card.name, verdict) if part))
    if card.seq and card.kind == "refused":
        click.echo(f"record {card.seq}; its photo: `kioskctl photo {card.seq}`")
    elif card.seq:
        click.echo(f"record {card.seq}; see `kioskctl punches`")
