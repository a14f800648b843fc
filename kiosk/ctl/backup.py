"""`kioskctl backup`, `kioskctl restore`: a copy on another disk, tried before it is needed."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk.core import api
from kiosk.ctl import words
from kiosk.ctl.errors import CtlError, UnreachableError
from kiosk.ctl.session import common, session
from kiosk.ctl.tools import kioskd_tool

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SYSTEM_STATE = Path("/var/lib/hadir")


@click.command()
@click.argument("to", type=FOLDER)
@click.option(
    "--with-keys", is_flag=True, help="Copy the kiosk's secret keys too: whoever has them is this kiosk."
)
@click.option("--keep", type=click.IntRange(1), default=7, show_default=True, help="How many copies stay.")
@click.option("--state-dir", type=FOLDER, help="The kiosk's state, when kioskd is not there to say where.")
@common
def backup(to: Path, with_keys: bool, keep: int, state_dir: Path | None) -> None:
    """Copy ledger, people, templates and photos to the folder TO, while the kiosk goes on.

    Names and numbers in the copy can be read by whoever has it: keep it as you keep a staff file.
    """
    arguments = [str(to), "--state", str(state_dir or _state_dir()), "--keep", str(keep)]
    done = kioskd_tool("backup", *arguments, *(["--with-keys"] if with_keys else []))
    if done.returncode:
        raise CtlError("failed", done.stderr.strip(), "is the stick mounted, writable, and large enough?")
    folder = done.stdout.strip()
    said = f"{folder}\ntry it: kioskctl restore {folder} --verify"
    session().show({"folder": folder}, lambda: click.echo(said))


@click.command()
@click.argument("source", metavar="FROM", type=FOLDER)
@click.option("--verify", is_flag=True, help="Only try it: nothing is changed, kioskd may run.")
@click.option("--state-dir", type=FOLDER, help="Where to put it.  [default: kioskd's, or /var/lib/hadir]")
@common
def restore(source: Path, verify: bool, state_dir: Path | None) -> None:
    """Put a backup back, or with --verify try whether that would work.

    FROM is a copy's folder, or one above it: then the newest copy is taken. What is there now is moved aside.
    What was erased since the copy was made is erased again.
    """
    arguments = [str(source), "--state", str(state_dir or _state_dir()), *(["--verify"] if verify else [])]
    done = kioskd_tool("restore", *arguments)
    if done.returncode:
        raise CtlError(
            "failed", done.stderr.strip(), "stop kioskd first (`systemctl stop kioskd`), or take another copy"
        )
    tried = msgspec.json.decode(done.stdout)
    session().show(tried, lambda: _say(tried, verify))


def _say(tried: dict[str, int | str | bool], verify: bool) -> None:
    people, fingers = int(tried["people"]), int(tried["fingers"])
    click.echo(
        f"{tried['folder']}: {words.many(int(tried['records']), 'record')}, "
        f"{words.many(people, 'person', 'people')}, {words.many(fingers, 'finger')}"
    )
    if tried["templates_missing"]:
        click.echo(f"  {tried['templates_missing']} templates are not in it: enrol those people again")
    if not tried["keys"]:
        click.echo("  without keys: on another card new keys are made, and fingers are enrolled again")
    if tried["erasures_since"]:
        click.echo(f"  erased since, and erased again: {tried['erasures_since']}")
    click.echo(
        "it would work; nothing was changed" if verify else f"put back; what was there is in {tried['aside']}"
    )


def _state_dir() -> Path:
    here = session()
    try:
        with here.client() as client:
            return Path(client.ask(api.GetStatus(), api.Status).state_dir)
    except UnreachableError:
        return SYSTEM_STATE
