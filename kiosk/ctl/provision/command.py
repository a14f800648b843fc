"""`kioskctl provision`: one file describes a kiosk; this makes it so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

if TYPE_CHECKING:
    from kiosk.ctl.provision.applying import Place
    from kiosk.ctl.provision.work import Outcome

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
EXIT_LEFT = 1


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--dry-run", is_flag=True, help="Check everything and show the difference; change nothing.")
@click.option(
    "--list", "fleet", type=FILE, help="Render a site file for each row of this CSV, with FILE as pattern."
)
@click.option("--out", type=FOLDER, default=".", show_default=True, help="Where --list puts them.")
@click.option("--ask", is_flag=True, help="Ask for what is needed and keep it in /etc/hadir/site.toml.")
@click.option("--root", type=FOLDER, default="/", help="The root of a system that is being made.")
@click.option("--no-restart", is_flag=True, help="Leave kioskd on the old settings, and test nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when something is left to do.")
@common
def provision(
    file: Path | None, dry_run: bool, fleet: Path | None, out: Path, ask: bool, root: Path,
    no_restart: bool, strict: bool,
) -> None:  # fmt: skip
    """Make this kiosk what the site FILE says; config/sites/example.toml is one to start from.

    All faults of the file are shown at once and then nothing is changed. A second run changes nothing.
    Without FILE it is looked for on a USB stick, as hadir/HOSTNAME.toml or the only file in hadir/; is there
    none, somebody at a terminal is asked a few questions.
    """
    from kiosk.core.checked import BadFileError
    from kiosk.ctl.provision.applying import Place

    try:
        if fleet is not None:
            _render(file, fleet, out, dry_run=dry_run)
            return
        with _source(file, root, ask=ask) as source:
            outcome = _provision(source, Place(root), dry_run=dry_run, restart=not no_restart)
    except BadFileError as error:
        raise CtlError("bad_file", str(error), "mend the file; nothing was changed") from error
    except PermissionError as error:
        raise CtlError("failed", f"{error.filename}: {error.strerror}", "put sudo before it") from error
    session().show(outcome, lambda: _say(outcome))
    if strict and outcome.left:
        click.get_current_context().exit(EXIT_LEFT)


def _provision(file: Path, place: Place, *, dry_run: bool, restart: bool) -> Outcome:
    from kiosk.ctl.provision.rendering import plan_of
    from kiosk.ctl.provision.work import preview, provision

    plan = plan_of(file)
    return preview(plan, place) if dry_run else provision(plan, place, restart=restart)


@contextmanager
def _source(file: Path | None, root: Path, *, ask: bool) -> Iterator[Path]:
    """FILE; else the one on a stick; else, where somebody sits at a terminal, one made of their answers."""
    from kiosk.ctl.provision.stick import site_on_stick

    to_be_kept = file or root / "etc/hadir/site.toml"
    if ask or file is not None:
        yield _asked(to_be_kept) if ask else to_be_kept
        return
    with ExitStack() as stack:
        try:
            found = stack.enter_context(site_on_stick(root))
        except CtlError as error:
            if error.code != "not_found" or session().as_json or not sys.stdin.isatty():
                raise
            click.echo(f"{error}; a few questions instead, Ctrl-C ends them:", err=True)
            found = _asked(to_be_kept)
        yield found


def _asked(file: Path) -> Path:
    from kiosk.ctl.atomic import Owned, write_atomically
    from kiosk.ctl.provision.wizard import ask

    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, ask(_policies()).encode(), Owned(0o600))
    return file


def _policies() -> Path:
    """The samples, as installed or in a checkout."""
    installed = Path(sys.prefix) / "share/hadir/config/policies"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "config" / "policies"


def _render(template: Path | None, fleet: Path, out: Path, *, dry_run: bool) -> None:
    from kiosk.ctl.atomic import Owned, write_atomically
    from kiosk.ctl.provision.fleet import members

    if template is None:
        raise click.UsageError("give the FILE that all of the fleet have in common")
    made = members(template, fleet)
    paths = [out / f"{member.device_id}.toml" for member in made]
    for member, path in zip(made, paths, strict=True):
        if not dry_run:
            out.mkdir(parents=True, exist_ok=True)
            write_atomically(path, member.text.encode(), Owned(0o600))
    words = f"{len(made)} site files are sound" + ("" if dry_run else f" and in {out}")
    session().show({"files": [str(path) for path in paths]}, lambda: click.echo(words))


def _say(outcome: Outcome) -> None:
    for change in outcome.files:
        if change.state != "same":
            click.echo(f"{change.path}: {change.state}")
            click.echo(change.diff, nl=False)
    if outcome.dry_run:
        click.echo(
            f"{outcome.device}: " + ("this would change" if outcome.changed else "nothing would change")
        )
        return
    for done in outcome.done[len([c for c in outcome.files if c.state != "same"]) :]:
        click.echo(done)
    click.echo(f"{outcome.device}: " + ("provisioned" if outcome.changed else "everything is so already"))
    if outcome.sign_key:
        click.echo(f"its key, by which the centre knows it: {outcome.sign_key}")
    for finding in outcome.findings:
        if finding.level == "ok":
            click.echo(click.style("ok        ", fg="green") + f"{finding.part}: {finding.words}")
    for left in outcome.left:
        click.echo(click.style("left to do  ", fg="yellow") + left)
