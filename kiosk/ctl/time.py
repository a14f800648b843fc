"""`kioskctl time`: what the kiosk's time rests on, and what one record's does."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.core import api
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import common, session
from kiosk.ctl.tools import kioskd_tool

EXPLAIN_S = 120.0


@click.group("time")
@common
def time() -> None:
    """Explain where times come from."""


@time.command()
@click.argument("seq", type=click.IntRange(1))
@click.option("--ledger", "ledger_id", default="", help="An earlier ledger's id; the current one by default.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="When kioskd is not there to say where.")
@common
def explain(seq: int, ledger_id: str, state_dir: Path | None) -> None:
    """Say what the time of record SEQ rests on.

    As it was written, each change of the clock in that boot, each correction, and between which two moments
    it truly happened.
    """
    here = session()
    if state_dir is None:
        with here.client() as client:
            state_dir = Path(client.ask(api.GetStatus(), api.Status).state_dir)
    arguments = [str(seq), "--state", str(state_dir), "--ledger", ledger_id]
    done = kioskd_tool("time", *arguments, *(["--json"] if here.as_json else []), timeout_s=EXPLAIN_S)
    if done.returncode:
        raise CtlError(
            "not_found", done.stderr.strip(), "numbers are in `kioskctl ledger tail` and `punches`"
        )
    click.echo(done.stdout, nl=False)
