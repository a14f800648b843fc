"""`kioskctl completion`: what the shell needs to complete commands and options with the tab key."""

from __future__ import annotations

import click

from kiosk.ctl.session import common, session

VARIABLE = "_KIOSKCTL_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@common
def completion(shell: str) -> None:
    """Print the completion script for SHELL; an installation has put it in its place already."""
    from click.shell_completion import get_completion_class

    from kiosk.ctl.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click cannot complete for {shell}")
    script = found(cli, {}, "kioskctl", VARIABLE)
    text = script.source_template % script.source_vars()
    session().show({"shell": shell, "script": text}, lambda: click.echo(text))
