"""Rosters as the centre keeps them: one content a version and site, and how each gets to its kiosks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from sync.centre.keys import CentreKey
from sync.centre.outgoing import Outgoing, signed_letter
from sync.centre.store import Tx
from sync.documents import Decision, Peer, Roster, RosterAbsence, RosterContent, RosterPerson, pack, unpack
from sync.topics import DeviceName
from sync.wire import State, decode, encode

KEPT_VERSIONS = 30
SMALL_CHARS = 64_000  # a roster up to here always goes whole
DELTA_PART = 4  # a delta is worth it when it is this many times smaller
STALE_VERSIONS = 20  # the broker keeps a whole roster not older than this
AGAIN_MS = 60_000
AT_ONCE = 20
_DUE = (
    "SELECT p.tenant, p.device, p.site, p.body FROM presence p"
    " JOIN device_keys k ON k.tenant = p.tenant AND k.device = p.device AND k.sign_key = p.sign_key"
    " LEFT JOIN roster_sent s ON s.tenant = p.tenant AND s.device = p.device"
    " WHERE k.state = 'approved' AND EXISTS (SELECT 1 FROM rosters r WHERE r.tenant = p.tenant"
    " AND r.site = p.site AND (s.version IS NULL OR s.site = p.site AND r.version > s.version))"
    " LIMIT ?"
)
_WITHDRAWN = (
    "SELECT s.tenant, s.device FROM roster_sent s WHERE NOT EXISTS (SELECT 1 FROM device_keys k"
    " WHERE k.tenant = s.tenant AND k.device = s.device AND k.state = 'approved')"
)
T = TypeVar("T", RosterPerson, RosterAbsence, Decision)


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a site's roster."""

    version: int
    made_ms: int
    packed: str

    @property
    def content(self) -> RosterContent:
        """What it says."""
        return unpack(self.packed)


def newest(tx: Tx, tenant: str, site: str, version: int | None = None) -> Kept | None:
    """The newest roster of a site, or one version of it."""
    row = tx.one(
        "SELECT version, made_ms, content FROM rosters WHERE tenant = ? AND site = ?"
        " AND version = coalesce(?, version) ORDER BY version DESC LIMIT 1",
        tenant, site, version,
    )  # fmt: skip
    return Kept(*row) if row else None


def put(tx: Tx, tenant: str, site: str, content: RosterContent, now_ms: int) -> int:
    """Keep a new version of a site's roster, beyond any that its kiosks have; its number."""
    last = newest(tx, tenant, site)
    version = max(last.version if last else 0, _said_version(tx, tenant, site)) + 1
    peers = peers_of(tx, tenant, site) if content.templates_shared else ()
    content = msgspec.structs.replace(content, peers=peers)
    named = _names(peers) if content.templates_shared else None
    tx.run(
        "INSERT INTO rosters VALUES (?, ?, ?, ?, ?, ?)", tenant, site, version, now_ms, pack(content), named
    )
    tx.run(
        "DELETE FROM rosters WHERE tenant = ? AND site = ? AND version <= ?",
        tenant, site, version - KEPT_VERSIONS,
    )  # fmt: skip
    return version


def peers_of(tx: Tx, tenant: str, site: str) -> tuple[Peer, ...]:
    """The approved kiosks that were given this site's roster, each with the key it receives with."""
    rows = tx.all(
        "SELECT p.device, p.body FROM presence p JOIN device_keys k ON k.tenant = p.tenant"
        " AND k.device = p.device AND k.sign_key = p.sign_key"
        " JOIN roster_sent s ON s.tenant = p.tenant AND s.device = p.device AND s.site = p.site"
        " WHERE k.state = 'approved' AND p.tenant = ? AND p.site = ? ORDER BY p.device",
        tenant, site,
    )  # fmt: skip
    return tuple(Peer(device, decode(body, State).receive_key) for device, body in rows)


def other_peers(tx: Tx) -> list[tuple[str, str]]:
    """Sites that share templates and have other kiosks now than their newest roster says."""
    rows = tx.all(
        "SELECT r.tenant, r.site, r.peers FROM rosters r WHERE r.peers IS NOT NULL AND NOT EXISTS (SELECT 1"
        " FROM rosters n WHERE n.tenant = r.tenant AND n.site = r.site AND n.version > r.version)"
    )
    return [(tenant, site) for tenant, site, named in rows if named != _names(peers_of(tx, tenant, site))]


def is_due(tx: Tx) -> bool:
    """Whether `due` has something to send."""
    return bool(tx.all(_DUE, 1) or tx.all(_WITHDRAWN) or other_peers(tx))


def due(tx: Tx, key: CentreKey, now_ms: int) -> list[Outgoing]:
    """Letters to kiosks of which the broker has no roster as new as their site's."""
    gone = [_withdrawn(tx, DeviceName(tenant, device)) for tenant, device in tx.all(_WITHDRAWN)]
    for tenant, site in other_peers(tx):
        if last := newest(tx, tenant, site):
            put(tx, tenant, site, last.content, now_ms)
    return gone + [
        letter
        for tenant, device, site, body in tx.all(_DUE, AT_ONCE)
        for letter in _letters(tx, key, DeviceName(tenant, device), site, decode(body, State).roster, now_ms)
    ]


def _withdrawn(tx: Tx, device: DeviceName) -> Outgoing:
    """The broker keeps nobody's name for a kiosk that was rejected (MQTT v5, 3.3.1.3)."""
    tx.run("DELETE FROM roster_sent WHERE tenant = ? AND device = ?", device.tenant, device.device)
    return Outgoing(device.down("roster"), b"", retain=True)


def catch_up(tx: Tx, key: CentreKey, device: DeviceName, state: State, now_ms: int) -> list[Outgoing]:
    """Letters to a kiosk that says it has an older roster than its site's, though one was sent before."""
    last = newest(tx, device.tenant, state.site)
    sent = _sent(tx, device)
    if last is None or sent is None or sent[0] != state.site:
        return []
    if state.roster >= last.version or abs(now_ms - sent[2]) < AGAIN_MS:
        return []
    return _letters(tx, key, device, state.site, state.roster, now_ms)


def move(tx: Tx, device: DeviceName) -> None:
    """The device may have the roster of the site it says it stands at; until then it has its first one's.

    Otherwise any approved kiosk could read every site's people by naming it.
    """
    tx.run("DELETE FROM roster_sent WHERE tenant = ? AND device = ?", device.tenant, device.device)


def document(tx: Tx, device: DeviceName, site: str) -> str | None:
    """The body of the newest whole roster for a device, to go by any road."""
    sent, last = _sent(tx, device), newest(tx, device.tenant, site)
    if sent and sent[0] != site:
        return None
    return _body(site, last, 0, last.packed) if last else None


def difference(old: RosterContent, new: RosterContent) -> RosterContent | None:
    """What must be told to somebody who has `old`; `None` where only the whole says it."""
    if (old.policy is not None and new.policy is None) or (old.calendar is not None and new.calendar is None):
        return None
    people, gone_people = _changed({p.number: p for p in old.people}, {p.number: p for p in new.people})
    absences, gone_absences = _changed({a.id: a for a in old.absences}, {a.id: a for a in new.absences})
    decisions, gone_decisions = _changed({d.id: d for d in old.decisions}, {d.id: d for d in new.decisions})
    return RosterContent(
        people=people, absences=absences, decisions=decisions,
        policy=new.policy if new.policy != old.policy else None,
        calendar=new.calendar if new.calendar != old.calendar else None,
        templates_shared=new.templates_shared, peers=new.peers, gone_people=gone_people,
        gone_absences=gone_absences, gone_decisions=gone_decisions,
    )  # fmt: skip


def absence_id(row: RosterAbsence) -> str:
    """A name for exactly these facts: the same row has the same name in every file."""
    facts = msgspec.json.encode(msgspec.structs.replace(row, id=""))
    return f"c-{hashlib.sha256(facts).hexdigest()[:20]}"


def _letters(tx: Tx, key: CentreKey, device: DeviceName, site: str, has: int, now_ms: int) -> list[Outgoing]:
    last = newest(tx, device.tenant, site)
    if last is None:
        return []
    sent = _sent(tx, device)
    retained = sent[1] if sent and sent[0] == site else 0
    letters = []
    delta = _delta(tx, device, site, has, last)
    if delta:
        letters.append(signed_letter(key, device, "roster", "roster", delta))
    if not delta or last.version - retained > STALE_VERSIONS:
        body = _body(site, last, 0, last.packed)
        letters.append(signed_letter(key, device, "roster", "roster", body, retain=True))
        retained = last.version
    tx.run(
        "INSERT INTO roster_sent VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, device) DO UPDATE SET"
        " site = excluded.site, version = excluded.version, retained = excluded.retained,"
        " sent_ms = excluded.sent_ms",
        device.tenant, device.device, site, last.version, retained, now_ms,
    )  # fmt: skip
    return letters


def _delta(tx: Tx, device: DeviceName, site: str, has: int, last: Kept) -> str | None:
    """The body of a delta from what the kiosk has, where that is here and much smaller than the whole."""
    if has == 0 or has >= last.version or len(last.packed) < SMALL_CHARS:
        return None
    base = newest(tx, device.tenant, site, has)
    changed = difference(base.content, last.content) if base else None
    packed = pack(changed) if changed else ""
    if not packed or len(packed) * DELTA_PART > len(last.packed):
        return None
    return _body(site, last, has, packed)


def _body(site: str, kept: Kept, base: int, packed: str) -> str:
    roster = Roster(site=site, version=kept.version, made_ms=kept.made_ms, content=packed, base=base)
    return encode(roster).decode()


def _sent(tx: Tx, device: DeviceName) -> tuple[str, int, int] | None:
    row = tx.one(
        "SELECT site, retained, sent_ms FROM roster_sent WHERE tenant = ? AND device = ?",
        device.tenant, device.device,
    )  # fmt: skip
    return (row[0], row[1], row[2]) if row else None


def _said_version(tx: Tx, tenant: str, site: str) -> int:
    """The newest version that a kiosk of the site says it has: after a restored database it may be ahead."""
    bodies = tx.all("SELECT body FROM presence WHERE tenant = ? AND site = ?", tenant, site)
    return max((decode(body, State).roster for (body,) in bodies), default=0)


def _names(peers: tuple[Peer, ...]) -> str:
    return " ".join(f"{peer.device}={peer.receive_key}" for peer in peers)


def _changed(old: dict[str, T], new: dict[str, T]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    return (
        tuple(one for id_, one in new.items() if old.get(id_) != one),
        tuple(id_ for id_ in old if id_ not in new),
    )
