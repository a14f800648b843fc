"""Tables for people: cut to the screen on a terminal, whole in a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import click

GAP = "  "
LEAST = 8


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, flexible: Sequence[str]) -> None:
    """Print `rows`; the `flexible` columns give way when a terminal is too narrow for all."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    if sys.stdout.isatty():
        _fit(widths, [headers.index(name) for name in flexible], shutil.get_terminal_size().columns)
    click.secho(_line(headers, widths), dim=True)
    for row in rows:
        click.secho(_line(row, widths), fg=_colour(row))


def _fit(widths: list[int], flexible: Sequence[int], columns: int) -> None:
    """Narrow the widest of the flexible columns, step by step, until a line fits."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > columns:
        widest = max(flexible, key=widths.__getitem__)
        if widths[widest] <= LEAST:
            return
        widths[widest] -= 1


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(_cell(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cell(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


def _colour(row: Sequence[str]) -> str | None:
    """What is not right yet stands out."""
    return (
        "yellow"
        if any(cell.startswith(("late ", "early ", "stored", "not active")) for cell in row)
        else None
    )
