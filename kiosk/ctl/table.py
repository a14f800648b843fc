"""Tables for people: coloured and cut to the screen on a terminal, whole and plain in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

GAP = "  "


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: Sequence[str]) -> None:
    """Print `rows`; the `flexible` columns give way when a terminal is too narrow for all."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        _print_rich(headers, rows, [8 if h in flexible else w for h, w in zip(headers, widths, strict=True)])
        return
    for row in (headers, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(GAP.join(cells).rstrip())


def _print_rich(headers: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), header_style="dim")
    for header, width in zip(headers, least, strict=True):
        table.add_column(header, no_wrap=True, overflow="ellipsis", min_width=width)
    for row in rows:
        table.add_row(*(Text(cell, style=_colour(cell)) for cell in row))
    Console(highlight=False).print(table)


def _colour(cell: str) -> str:
    if cell.startswith(("late", "early", "stored", "sent")):
        return "yellow"
    return "green" if cell in ("on time", "accepted") else ""
