"""`python -m sync.fleet --kiosks 100 --centre-key HEX`: a fleet that delivers, and what that took."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import msgspec

from sync.fleet.fleet import Fleet, Options
from sync.fleet.watch import watch_over


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--host", default="127.0.0.1", help="The broker.")
@click.option("--port", default=1883)
@click.option("--centre-key", required=True, help="What `hadir-centre key` prints.")
@click.option("--kiosks", default=100)
@click.option("--backlog", default=0, help="Old records each kiosk has to deliver.")
@click.option("--days", default=30, help="Over how many days these are spread.")
@click.option("--fresh", default=13, help="Punches on each kiosk while the backlog drains.")
@click.option("--spread-s", default=60.0, help="Within how many seconds these come.")
@click.option(
    "--kills", default=0, help="How often a process of the fleet is killed (kill -9) and begun again."
)
@click.option("--herds", default=0, help="How often all of them are.")
@click.option("--per-process", default=150, help="Kiosks in one process (below 250).")
@click.option("--window", default=8)
@click.option("--batch-bytes", default=262_144)
@click.option("--retry-max-s", default=60.0)
@click.option("--timeout-s", default=600.0)
@click.option("--seed", default="", help="Names the fleet; another name is other kiosks.")
@click.option(
    "--config", default="", help="centre.toml: its database is watched for the punches and compared."
)
def main(config: str, **given: str | int | float) -> None:
    """Simulate a fleet against a broker and a centre that approves first keys unseen.

    Prints one line of JSON; exits 1 when something was not acknowledged in time or differs at the centre.
    """
    options = msgspec.convert(given, Options)
    with tempfile.TemporaryDirectory(prefix="hadir-fleet-") as folder:
        report = Fleet(options, Path(folder), watch_over(config)).run()
    click.echo(msgspec.json.encode(report))
    if not report.delivered or report.wrong_at_centre:
        sys.exit(1)


if __name__ == "__main__":
    main()
