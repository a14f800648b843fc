"""`hadir-centre roster`, `command`, `commands`, `answer`, `decide` and `photo`."""

from __future__ import annotations

import os
import pwd
import secrets
from pathlib import Path
from typing import get_args

import click
import msgspec

from sync import commands as c
from sync import documents as d
from sync.centre import down, down_reports, files, rosters
from sync.centre.carried import old_place
from sync.centre.cli import Context, json_option, limit_option, now_ms, read, say, show
from sync.centre.roster_files import BadRosterFileError, Reading
from sync.centre.store import Tx
from sync.photo import BadPhotoError, open_photo
from sync.sealing import SealError, open_sealed, seal
from sync.topics import DeviceName

HOUR_MS = 3_600_000
MOST_DECISIONS = 2_000
PIN_DIGITS = 8
COMMANDS_BY_NAME = {str(kind.__struct_config__.tag): kind for kind in get_args(c.AnyCommand)}


@click.group()
def roster() -> None:
    """People, absences, policy and calendar that go down to the kiosks of a site."""


@roster.command("put")
@click.argument("site")
@click.argument("paths", metavar="FILES...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--tenant", default="", help="Whose site.  [default: whose kiosks stand there]")
@click.option(
    "--templates-shared/--no-templates-shared", default=None, help="Fingers and faces for all its kiosks."
)
@click.option("--local-rules", is_flag=True, help="Its kiosks' own policy and calendar are in force again.")
@json_option
@click.pass_obj
def roster_put(
    context: Context, site: str, paths: tuple[Path, ...], tenant: str, templates_shared: bool | None,
    local_rules: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a new roster for SITE (site.id in kiosk.toml) from FILES; what no file speaks of stays.

    CSV: people (nip,name,category,unit,active), or absences (nip,kind,first,last,letter), each the whole
    list. TOML: a policy or a calendar. Rows that cannot be used are named; the others count.
    """
    with context.store() as store, store.writing() as tx:
        tenant = tenant or _only([*down_reports.tenants_of(tx, site)], f"--tenant for site {site}")
        last = rosters.newest(tx, tenant, site)
        reading = Reading(last.content if last else d.RosterContent())
        try:
            for path in sorted(paths, key=lambda path: path.suffix):
                reading.file(path)
        except (BadRosterFileError, OSError) as error:
            raise click.ClickException(f"{error}\nnothing was changed") from error
        content = reading.content
        if templates_shared is not None:
            content = msgspec.structs.replace(content, templates_shared=templates_shared)
        if local_rules:
            content = msgspec.structs.replace(content, policy=None, calendar=None)
        version = _put(tx, tenant, site, content)
    for words in reading.refused:
        click.echo(f"not taken: {words}", err=True)
    people, absences = len(content.people), len(content.absences)
    made = {
        "tenant": tenant, "site": site, "version": version, "people": people, "absences": absences,
        "refused": reading.refused,
    }  # fmt: skip
    say(made, as_json, f"{tenant}/{site}: roster {version}, {people} people, {absences} absences")


@roster.command("list")
@json_option
@click.pass_obj
def roster_list(context: Context, as_json: bool) -> None:
    """Which kiosk has which roster, and what it could not use of it."""
    show(read(context, down_reports.rosters), as_json, ("tenant", "site", "newest", "device", "has", "words"))


@roster.command("move")
@click.argument("device")
@json_option
@click.pass_obj
def roster_move(context: Context, device: str, as_json: bool) -> None:
    """DEVICE may have the roster of the site it says it stands at now."""
    with context.store() as store, store.writing() as tx:
        target = _device(tx, device)
        rosters.move(tx, target)
        _look(tx, target, "roster move", "", 0)
    say(_named(target), as_json, f"{target}: gets the roster of the site it names")


@click.command()
@click.argument("device")
@click.argument("name", type=click.Choice(sorted(COMMANDS_BY_NAME)))
@click.argument("values", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--hours", default=24.0, show_default=True, help="For how long it may still be carried out.")
@json_option
@click.pass_obj
def command(
    context: Context, device: str, name: str, values: tuple[str, ...], hours: float, as_json: bool
) -> None:
    """Send DEVICE a command; `hadir-centre commands DEVICE` says what became of it.

    presence [window_s=600] [unit=...], show_message text=... [text_en=...] [minutes=60],
    unlock_admin number=NIP, resend ledger_id=... from_seq=N, restart, rotate_key, revoke [reason=...],
    doctor, support_bundle.
    """
    fields: dict[str, object] = dict(_pair(value) for value in values)
    key = context.key()
    with context.store() as store, store.writing() as tx:
        target = _device(tx, device)
        fields |= {"counter": down.next_counter(tx, target), "expires_ms": now_ms() + round(hours * HOUR_MS)}
        pin = ""
        if name == "unlock_admin":
            pin, fields["sealed"] = _sealed_pin(tx, target, fields)
        try:
            made = msgspec.convert({"do": name, **fields}, COMMANDS_BY_NAME[name], strict=False)
        except msgspec.ValidationError as error:
            raise click.ClickException(f"{name}: {error}") from error
        unknown = set(fields) - set(type(made).__struct_fields__)
        if unknown:
            raise click.ClickException(f"{name} knows no {', '.join(sorted(unknown))}")
        down.put(tx, target, made, now_ms())
        _look(tx, target, f"command {name} {fields['counter']}", "", 0)
    words = f"{target}: command {fields['counter']}, {name}, signed with {key.public_hex[:16]}"
    if pin:
        words += f"\nthe new PIN of {fields['number']}: {pin}"
        words += "\n(say it to nobody else; they change it at the kiosk)"
    given = _named(target) | {"counter": fields["counter"], "do": name} | ({"pin": pin} if pin else {})
    say(given, as_json, words)


@click.command()
@click.argument("device")
@json_option
@click.pass_obj
def commands(context: Context, device: str, as_json: bool) -> None:
    """List the commands of DEVICE and what became of them, newest first."""
    rows = read(context, lambda tx: down_reports.commands(tx, _device(tx, device)))
    show(rows, as_json, ("counter", "do", "state", "words", "answer", "blob"))


@click.command()
@click.argument("device")
@click.argument("counter", type=int)
@click.option("--out", type=click.Path(path_type=Path), help="Where its file (a support bundle) goes.")
@json_option
@click.pass_obj
def answer(context: Context, device: str, counter: int, out: Path | None, as_json: bool) -> None:
    """Print what DEVICE answered to command COUNTER, and put its file into --out."""
    with context.store() as store, store.reading() as tx:
        target = _device(tx, device)
        found = down_reports.answer(tx, target, counter)
        if found is None:
            raise click.ClickException(f"{target} was never sent command {counter}")
        text, blob = found
        file = files.content_of(tx, target, blob) if blob else None
    if text and not as_json:
        click.echo(text)
    if blob and file is None:
        raise click.ClickException("its file has not come up yet")
    if file and out is None:
        raise click.ClickException(f"its file has {len(file[0])} bytes; say where it goes with --out FILE")
    if file and out:
        out.write_bytes(file[0])
    size = len(file[0]) if file else 0
    if as_json:
        given = {"counter": counter, "answer": text, "file": str(out) if file else "", "size_bytes": size}
        click.echo(msgspec.json.encode(_named(target) | given))
    elif file:
        click.echo(f"{out}: {size} bytes")


@click.command()
@click.argument("device")
@click.argument("seq", type=int)
@click.argument("ruling", type=click.Choice(get_args(d.Ruling)))
@click.option("--note", default="", help="Why; the person reads it in their own record.")
@click.option("--ledger", default="", help="The ledger, when SEQ is a punch in several.")
@json_option
@click.pass_obj
def decide(
    context: Context, device: str, seq: int, ruling: d.Ruling, note: str, ledger: str, as_json: bool
) -> None:
    """Decide about a punch of DEVICE: it counts, does not, was in, was out, or only a note.

    It goes down with the roster of the kiosk's site.
    """
    with context.store() as store, store.writing() as tx:
        target = _device(tx, device)
        known = down_reports.punch_ledgers(tx, target, seq)
        ledger_id = ledger or _only(known, f"--ledger: record {seq} of {target} is a punch in")
        state = down_reports.state_of(tx, target)
        if ledger_id not in known or state is None:
            raise click.ClickException(f"record {seq} of {target} is no punch in {ledger_id}")
        last = rosters.newest(tx, target.tenant, state.site)
        content = last.content if last else d.RosterContent()
        known_as = old_place(tx, target, (ledger_id, seq))
        made = d.Decision(f"d-{secrets.token_hex(8)}", *known_as, ruling, note[:1_000])
        decisions = (*content.decisions, made)[-MOST_DECISIONS:]
        version = _put(tx, target.tenant, state.site, msgspec.structs.replace(content, decisions=decisions))
        _look(tx, target, f"decide {ruling}", ledger_id, seq)
    given = {"ledger_id": ledger_id, "seq": seq, "ruling": ruling, "site": state.site, "version": version}
    words = f"{target} record {seq}: {ruling}; goes down with roster {version} of {state.site}"
    say(_named(target) | given, as_json, words)


@click.command()
@click.argument("device")
@click.argument("seq", type=int)
@click.option("--ledger", default="", help="Its ledger, when not the newest that has one.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the JPEG goes.")
@click.option("--why", default="", help="Kept beside your name in the list of looks.")
@json_option
@click.pass_obj
def photo(context: Context, device: str, seq: int, ledger: str, out: Path, why: str, as_json: bool) -> None:
    """Write the photo beside punch SEQ of DEVICE to a file; who looked is kept (see `looks`)."""
    key = context.key()
    with context.store() as store, store.writing() as tx:
        target = _device(tx, device)
        found = down_reports.photos(tx, target, seq, ledger)
        if not found:
            raise click.ClickException(f"no record of {target} speaks of a photo beside {seq}")
        one = found[-1]
        file = files.content_of(tx, target, one.sha256)
        _look(tx, target, f"photo {one.kind} {why}".strip(), one.ledger_id, seq)
    if file is None:
        raise click.ClickException(f"it is not here: {one.removed or 'it has not come up yet'}")
    try:
        secret = open_sealed(key.receive_secret, bytes.fromhex(file[1]), d.photo_context(target))
        picture = open_photo(secret, file[0], one.ledger_id, one.punch_seq, one.kind)
    except (SealError, BadPhotoError, ValueError) as error:
        raise click.ClickException(f"it cannot be opened: {error}") from error
    out.write_bytes(picture)
    given = {"ledger_id": one.ledger_id, "seq": seq, "kind": one.kind, "file": str(out)}
    words = f"{out}: {one.kind}, {len(picture)} bytes"
    say(_named(target) | given | {"size_bytes": len(picture)}, as_json, words)


class Look(msgspec.Struct, frozen=True):
    """Who looked at, or ordered, what."""

    at_ms: int
    who: str
    what: str
    tenant: str
    device: str
    ledger_id: str
    seq: int


@click.command()
@limit_option(default=100)
@json_option
@click.pass_obj
def looks(context: Context, limit: int, as_json: bool) -> None:
    """Who looked at which photo, and who sent which command, newest first."""
    sql = f"SELECT {', '.join(Look.__struct_fields__)} FROM looks ORDER BY at_ms DESC LIMIT ?"
    rows = read(context, lambda tx: [Look(*row) for row in tx.all(sql, limit)])
    columns = ("time=at_ms", "who", "what", "tenant", "device", "ledger_id", "seq")
    show(rows, as_json, columns, context.config().zone)


def _put(tx: Tx, tenant: str, site: str, content: d.RosterContent) -> int:
    packed = len(d.pack(content))
    if packed > d.MAX_PACKED_BYTES - 10_000:
        raise click.ClickException(f"the roster has {packed} bytes, at most {d.MAX_PACKED_BYTES} fit")
    return rosters.put(tx, tenant, site, content, now_ms())


def _sealed_pin(tx: Tx, device: DeviceName, fields: dict[str, object]) -> tuple[str, str]:
    state = down_reports.state_of(tx, device)
    if state is None:
        raise click.ClickException(f"{device} has never said which key to seal to")
    pin = "0"
    while len(set(pin)) < 4:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
    context = c.pin_context(device, str(fields.get("number", "")), int(str(fields["counter"])))
    return pin, seal(bytes.fromhex(state.receive_key), pin.encode(), context).hex()


def _look(tx: Tx, device: DeviceName, what: str, ledger_id: str, seq: int) -> None:
    tx.run(
        "INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?, ?)",
        now_ms(), _who(), what[:200], device.tenant, device.device, ledger_id, seq,
    )  # fmt: skip


def _who() -> str:
    """The user of this machine, and who they were before `sudo`."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{before} as {name}" if before else name


def _device(tx: Tx, text: str) -> DeviceName:
    found = down_reports.named(tx, text)
    if len(found) != 1:
        known = f"one of {', '.join(map(str, found))}" if found else "see `hadir-centre devices`"
        raise click.ClickException(f"which device is {text}? {known}")
    return found[0]


def _only(found: list[str], what: str) -> str:
    if len(found) != 1:
        raise click.ClickException(f"name {what}: {', '.join(found) or 'none known'}")
    return found[0]


def _named(device: DeviceName) -> dict[str, object]:
    return {"tenant": device.tenant, "device": device.device}


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise click.ClickException(f"{text!r}: write KEY=VALUE")
    return name, value


COMMANDS = (roster, command, commands, answer, decide, photo, looks)
