"""`kioskctl update`: another version of Hadir from one signed file, and back if it is not well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session

INSTALLER = (sys.executable, "-m", "kiosk.install")


@click.command()
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path), required=False
)
@click.option("--rollback", is_flag=True, help="Back to the version that ran before.")
@click.option("--older", is_flag=True, help="Change to FILE although it is older than what runs.")
@common
def update(file: Path | None, rollback: bool, older: bool) -> None:
    """Change to the version in FILE, a bundle signed with a key in /etc/hadir/update.pub.

    The ledger is copied first. When the new version does not take punches within a minute, the one
    before runs again, and this command fails and says why.
    """
    if rollback == (file is not None):
        raise click.UsageError("give a bundle's file, or --rollback")
    what = ["rollback"] if file is None else ["update", str(file), *(["--older"] if older else [])]
    done = subprocess.run([*INSTALLER, *what], stderr=subprocess.PIPE, text=True, check=False, cwd="/")
    if done.returncode:
        message, _, hint = done.stderr.rpartition("\n  next: ")
        raise CtlError(
            "failed", message.strip() or "the update failed", hint.strip() or "journalctl -u kioskd"
        )
    session().show({"done": True, "said": done.stderr.strip()}, lambda: click.echo(done.stderr.strip()))
