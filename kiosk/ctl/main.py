"""`kioskctl`: the technician's client. Commands are imported when they are used, for speed over SSH."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Sequence

import click
import msgspec

from kiosk.core.api import EXIT_FAILED, EXIT_USAGE
from kiosk.ctl.errors import CtlError
from kiosk.ctl.session import Session, common

EXIT_INTERRUPTED = 130
SENTENCE = 200
"""Longer than any command's first sentence, in letters."""
COMMANDS = {
    "status": "kiosk.ctl.status:status",
    "punches": "kiosk.ctl.punches:punches",
    "top": "kiosk.ctl.top:top",
    "tail": "kiosk.ctl.tail:tail",
    "people": "kiosk.ctl.people:people",
    "enrol": "kiosk.ctl.enrol:enrol",
    "fingers": "kiosk.ctl.fingers:fingers",
    "face": "kiosk.ctl.face:face",
    "models": "kiosk.ctl.models:models",
    "photo": "kiosk.ctl.photo:photo",
    "ledger": "kiosk.ctl.ledger:ledger",
    "rebuild": "kiosk.ctl.rebuild:rebuild",
    "terminals": "kiosk.ctl.terminals:terminals",
    "emulate": "kiosk.ctl.emulate:emulate",
    "admin": "kiosk.ctl.admin:admin",
    "policy": "kiosk.ctl.files:policy",
    "config": "kiosk.ctl.files:config",
    "time": "kiosk.ctl.time:time",
    "backup": "kiosk.ctl.backup:backup",
    "restore": "kiosk.ctl.backup:restore",
    "doctor": "kiosk.ctl.doctor.command:doctor",
    "provision": "kiosk.ctl.provision.command:provision",
    "courier": "kiosk.ctl.courier:courier",
    "seal": "kiosk.ctl.seal:seal",
    "recap": "kiosk.ctl.recap:recap",
    "queue": "kiosk.ctl.queue:queue",
    "absence": "kiosk.ctl.absence:absence",
    "presence": "kiosk.ctl.presence:presence",
    "consent": "kiosk.ctl.privacy:consent",
    "privacy": "kiosk.ctl.privacy:privacy",
    "update": "kiosk.ctl.update:update",
    "support-bundle": "kiosk.ctl.support:support_bundle",
    "completion": "kiosk.ctl.completion:completion",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Whole sentences: click cuts them off at the line's end."""
        found = ((name, self.get_command(ctx, name)) for name in COMMANDS)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(SENTENCE)) for name, command in found if command]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{_did_you_mean(args[0], list(COMMANDS))}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hadir", prog_name="kioskctl")
@common
@click.pass_context
def cli(context: click.Context) -> None:
    """Look at, set up and mend a Hadir kiosk.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 kioskd does not answer, 4 a device failed.
    """
    context.ensure_object(Session)
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> int:
    """The command line's entry; the exit code."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `kioskctl punches | head` ends quietly
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is printed with what to do next."""
    try:
        done = cli.main(list(arguments), prog_name="kioskctl", standalone_mode=False)
        return done if isinstance(done, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return EXIT_USAGE
    except click.UsageError as error:
        context = error.ctx
        help_ = f"{context.command_path if context else 'kioskctl'} --help"
        return _failed(arguments, "usage", error.format_message(), f"see `{help_}`", EXIT_USAGE)
    except CtlError as error:
        return _failed(arguments, error.code, str(error), error.hint, error.exit_code)
    except (click.ClickException, OSError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        return _failed(arguments, "failed", message, "check the file's name and permissions", EXIT_FAILED)
    except click.Abort:  # Ctrl-C at a question, or nobody there to answer it
        return _failed(
            arguments,
            "interrupted",
            "the question was not answered",
            "give it as an option",
            EXIT_INTERRUPTED,
        )
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _failed(arguments: Sequence[str], code: str, message: str, hint: str, exit_code: int) -> int:
    with contextlib.suppress(OSError):  # standard output itself may be what failed
        if "--json" in arguments:
            error = {"code": code, "message": message, "hint": hint}
            click.echo(msgspec.json.encode({"error": error}))
        else:
            click.echo(click.style("error: ", fg="red", bold=True) + message, err=True)
            click.echo(f"  next: {hint}", err=True)
    return exit_code


def _did_you_mean(wrong: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(wrong, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


if __name__ == "__main__":
    sys.exit(main())
