"""`kioskctl recap`: who was there, late, away; on the screen or as XLSX, PDF, CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from kiosk.core import desk
from kiosk.core.deductions import per_cent, span
from kiosk.ctl.atomic import write_atomically
from kiosk.ctl.day import iso_day, today
from kiosk.ctl.session import F, common, session
from kiosk.ctl.table import print_table

RECAP_S = 320.0
FILE = click.Path(dir_okay=False, path_type=Path)
HEADS = ("name", "number", "due", "present", "incomplete", "absent", "away", "late", "early", "cut")


def _period(context: click.Context, option: click.Parameter, chosen: bool) -> None:
    if chosen and "period" in context.params:
        raise click.UsageError("one of --day, --week and --month: a recap is of one period")
    if chosen:
        context.params["period"] = option.opts[0].removeprefix("--")


def _period_option(name: str, text: str) -> Callable[[F], F]:
    return click.option(
        f"--{name}", f"per_{name}", is_flag=True, expose_value=False, callback=_period, help=text
    )


@click.command()
@_period_option("day", "One day.")
@_period_option("week", "Monday to Sunday.  [default]")
@_period_option("month", "The whole month.")
@click.option("--of", "day", default="", help="A day inside it: YYYY-MM-DD; today when left out.")
@click.option("--number", default="", help="One person.")
@click.option("--unit", default="", help="One unit.")
@click.option("--xlsx", type=FILE, help="Write a workbook.")
@click.option("--pdf", type=FILE, help="Write pages with letterhead and signature block.")
@click.option("--csv", type=FILE, help="Write comma-separated values.")
@click.option("--signer", default="", help="'Title|Name|NIP' under the PDF.")
@common
def recap(
    day: str, number: str, unit: str, xlsx: Path | None, pdf: Path | None, csv: Path | None, signer: str,
    period: desk.Period = "week",
) -> None:  # fmt: skip
    """Recap of a day, a week or a month. Deductions are proposals; nothing is applied."""
    from kiosk.report.files import made_as

    here = session()
    with here.client() as client:
        day = iso_day(day) if day else today(client)
        wanted = desk.GetRecap(period=period, day=day, number=number, unit=unit)
        made = client.ask(wanted, desk.Recap, answer_s=RECAP_S)
    written = []
    for kind, path in (("xlsx", xlsx), ("pdf", pdf), ("csv", csv)):
        if path:
            write_atomically(path, made_as(kind, made, signer.split("|") if signer else []))  # type: ignore[arg-type]
            written.append(str(path))
    here.show(made, lambda: click.echo(f"written: {', '.join(written)}") if written else _say(made))


def _say(made: desk.Recap) -> None:
    click.secho(f"{made.site}  {made.first} - {made.last}  aturan {made.policy}", bold=True)
    rows = []
    for person in made.people:
        t = person.totals
        away = t.leave + t.permission + t.sick + t.field_duty
        rows.append((
            person.name, person.number, *map(str, (t.due, t.present, t.incomplete, t.absent, away)),
            span(t.late_s), span(t.early_s), per_cent(t.cut_bp) + (" *" if t.provisional else ""),
        ))  # fmt: skip
    print_table(HEADS, rows, flexible=("name",))
    if any(person.totals.provisional for person in made.people):
        click.echo("* provisional: a time or a validation is still open")
