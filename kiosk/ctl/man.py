"""Makes the man page from the commands themselves: `python -m kiosk.ctl.man >docs/man/kioskctl.1`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from kiosk.ctl.main import cli

HEAD = """\
.\\" Made by `python -m kiosk.ctl.man` from the commands; a test compares.
.TH KIOSKCTL 1 "" Hadir "Hadir kiosk"
.SH NAME
kioskctl \\- look at, set up and mend a Hadir kiosk
.SH SYNOPSIS
.B kioskctl
[\\-\\-socket PATH] [\\-\\-json] COMMAND ...
.SH DESCRIPTION
The technician's client of kioskd. It speaks to it over a Unix socket on the same machine and never writes to
the database. Every command takes
.B \\-\\-json
and then prints one JSON document, and
.B \\-\\-socket
to say where kioskd is; without it $HADIR_SOCKET counts, else /run/hadir/control.sock, else the demo in
\\&./demo-data.
.SH COMMANDS
"""
TAIL = """\
.SH EXIT STATUS
.TP
0
done; doctor found no fault
.TP
1
failed, refused, a file has faults, doctor found faults
.TP
2
wrong usage
.TP
3
kioskd does not answer
.TP
4
a device failed
.SH FILES
.TP
/etc/hadir/kiosk.toml
the configuration; every key with its meaning is in the sample beside it
.TP
/run/hadir/control.sock
kioskd's control socket
.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1)
"""


def page() -> str:
    """The whole page in man(7)'s macros."""
    return HEAD + "".join(_commands(cli, "kioskctl")) + TAIL


def _commands(group: click.Group, name: str) -> Iterator[str]:
    context = click.Context(group, info_name=name)
    for child_name in group.list_commands(context):
        child = group.get_command(context, child_name)
        if isinstance(child, click.Group):
            yield from _commands(child, f"{name} {child_name}")
        elif child is not None:
            yield _section(child, f"{name} {child_name}")


def _section(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [f".SS {_roff(name.removeprefix('kioskctl '))}", f".B {_roff(name)}", _roff(usage), ".PP"]
    lines += [_roff(line.strip()) or ".PP" for line in (command.help or "").strip().splitlines()]
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in ("json", "socket", "help"):
            record = option.get_help_record(context)
            if record is not None:
                lines += [".TP", f".B {_roff(record[0])}", _roff(record[1]) or "\\&"]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.stdout.write(page())
