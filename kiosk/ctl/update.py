"""`kioskctl update`: change the version that runs, from a signed bundle; the one before comes back by itself
when the new one is not well.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--older", is_flag=True, help="Also to an older version.")
@click.option("--rollback", is_flag=True, help="Back to the version that ran before.")
@common
def update(file: Path | None, older: bool, rollback: bool) -> None:
    """Change to the version in the bundle FILE: checked whole, and taken back if the kiosk is not well."""
    if (file is None) is not rollback:
        raise click.UsageError("name a FILE, or --rollback")
    words = ["rollback"] if file is None else ["update", str(file), *(["--older"] if older else [])]
    command = (sys.executable, "-m", "kiosk.install", *words)
    here = session()
    # The installer says how far it is on stderr; with --json only its end counts.
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE if here.as_json else None, text=True)
    if done.returncode:
        said = (done.stderr or "the update was not made").strip().splitlines()
        raise CtlError("failed", said[0], said[-1].strip().removeprefix("next: "))
    here.show({"done": words[0]}, lambda: None)
