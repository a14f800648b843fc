"""What can be told of rosters, commands and photos."""

from __future__ import annotations

import msgspec

from sync.centre.carried import old_place
from sync.centre.store import Tx
from sync.topics import DeviceName
from sync.wire import State, decode


class RosterReport(msgspec.Struct, frozen=True):
    """A kiosk and its site's roster: the version it says it has, and what it could not use of it."""

    tenant: str
    site: str
    newest: int
    device: str
    has: int
    words: str


class CommandReport(msgspec.Struct, frozen=True):
    """A command and what became of it; `answer` and `blob` say whether there is more to look at."""

    tenant: str
    device: str
    counter: int
    do: str
    state: str
    words: str
    made_ms: int
    done_ms: int
    answer: bool
    blob: str


class Photo(msgspec.Struct, frozen=True):
    """A photo's place; `removed` says why it is not here any more."""

    tenant: str
    device: str
    ledger_id: str
    punch_seq: int
    kind: str
    sha256: str
    removed: str


def rosters(tx: Tx) -> list[RosterReport]:
    """Every kiosk of a site that has a roster."""
    rows = tx.all(
        "SELECT p.tenant, p.site, (SELECT max(version) FROM rosters r WHERE r.tenant = p.tenant"
        " AND r.site = p.site) AS newest, p.device, p.body, coalesce(s.version, 0),"
        " CASE WHEN t.site <> p.site THEN 'it says it was moved here: hadir-centre roster move ' || p.device"
        " ELSE coalesce(s.words, '') END FROM presence p"
        " LEFT JOIN roster_sent t ON t.tenant = p.tenant AND t.device = p.device"
        " LEFT JOIN roster_said s ON s.tenant = p.tenant AND s.device = p.device"
        " WHERE EXISTS (SELECT 1 FROM rosters r WHERE r.tenant = p.tenant AND r.site = p.site)"
        " ORDER BY p.tenant, p.site, p.device"
    )
    # a last will says what was so when the kiosk connected
    return [
        RosterReport(tenant, site, newest, device, max(decode(body, State).roster, said), words)
        for tenant, site, newest, device, body, said, words in rows
    ]


def commands(tx: Tx, device: DeviceName) -> list[CommandReport]:
    """The device's commands, newest first."""
    rows = tx.all(
        "SELECT tenant, device, counter, do_, state, words, made_ms, done_ms, answer <> '', blob"
        " FROM commands WHERE tenant = ? AND device = ? ORDER BY counter DESC LIMIT 200",
        device.tenant, device.device,
    )  # fmt: skip
    names = CommandReport.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), CommandReport, strict=False) for row in rows]


def answer(tx: Tx, device: DeviceName, counter: int) -> tuple[str, str] | None:
    """A command's long answer, and the name of its file."""
    row = tx.one(
        "SELECT answer, blob FROM commands WHERE tenant = ? AND device = ? AND counter = ?",
        device.tenant, device.device, counter,
    )  # fmt: skip
    return (row[0], row[1]) if row else None


def photos(tx: Tx, device: DeviceName, punch_seq: int, ledger_id: str) -> list[Photo]:
    """The photos beside a punch; of the device's newest ledger that has one when none is named.

    Of a carried punch they are known by its old place.
    """
    lies_in = ledger_id or next(iter(punch_ledgers(tx, device, punch_seq)), "")
    moved = old_place(tx, device, (lies_in, punch_seq))
    if moved != (lies_in, punch_seq):
        ledger_id, punch_seq = moved
    rows = tx.all(
        "SELECT p.tenant, p.device, p.ledger_id, p.punch_seq, p.kind, p.sha256, p.removed FROM photos p"
        " JOIN ledgers l ON l.ledger_id = p.ledger_id WHERE p.tenant = ? AND p.device = ?"
        " AND p.punch_seq = ? AND (? = '' OR p.ledger_id = ?) ORDER BY l.opened_ms DESC, p.seq",
        device.tenant, device.device, punch_seq, ledger_id, ledger_id,
    )  # fmt: skip
    found = [Photo(*row) for row in rows]
    return [photo for photo in found if photo.ledger_id == found[0].ledger_id]


def punch_ledgers(tx: Tx, device: DeviceName, seq: int) -> list[str]:
    """The device's ledgers in which `seq` is a punch, newest first."""
    rows = tx.all(
        "SELECT p.ledger_id FROM punches p JOIN ledgers l ON l.ledger_id = p.ledger_id"
        " WHERE p.tenant = ? AND p.device = ? AND p.seq = ? ORDER BY l.opened_ms DESC",
        device.tenant, device.device, seq,
    )  # fmt: skip
    return [row[0] for row in rows]


def state_of(tx: Tx, device: DeviceName) -> State | None:
    """What the device last said of itself."""
    row = tx.one("SELECT body FROM presence WHERE tenant = ? AND device = ?", device.tenant, device.device)
    return decode(row[0], State) if row else None


def named(tx: Tx, text: str) -> list[DeviceName]:
    """The devices called `text`, written `device` or `tenant/device`."""
    tenant, _, device = text.rpartition("/")
    rows = tx.all(
        "SELECT DISTINCT tenant, device FROM device_keys WHERE device = ? AND (tenant = ? OR ? = '')",
        device, tenant, tenant,
    )  # fmt: skip
    return [DeviceName(*row) for row in rows]


def tenants_of(tx: Tx, site: str) -> list[str]:
    """Whose kiosks stand at a site of this id, or have a roster for it."""
    rows = tx.all(
        "SELECT tenant FROM presence WHERE site = ? UNION SELECT tenant FROM rosters WHERE site = ?",
        site, site,
    )  # fmt: skip
    return sorted(row[0] for row in rows)
