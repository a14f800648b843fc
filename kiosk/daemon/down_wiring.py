"""How what comes down hangs together with the rest of the kiosk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.payload import CommandTaken
from kiosk.core.record import decode_body
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down import Down, DownParts
from kiosk.daemon.down_children import Children
from kiosk.daemon.down_commands import Commands, Means
from kiosk.daemon.down_files import StoreFiles
from kiosk.daemon.down_message import Message
from kiosk.daemon.down_rules import RosterRules
from kiosk.daemon.down_templates import SharedTemplates
from kiosk.daemon.keys import make_next
from kiosk.daemon.ledger_source import PHOTOS
from kiosk.daemon.store import Store
from sync.documents import photo_context
from sync.publisher import Publisher
from sync.sealing import receive_public, seal
from sync.topics import DeviceName

FOLDER = "roster"
REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Outside:
    """What of the daemon is not the desk's: its files, its publisher, and how it is stopped."""

    config_file: Path
    admin_socket: Path
    publisher: Callable[[], Publisher | None]
    restart: Callable[[], None]
    recheck: Callable[[], None]


def make_down(parts: DeskParts, desk: Desk, outside: Outside) -> Down:
    """Everything behind `down/roster` and `down/command`."""
    state_dir, core = parts.state_dir, parts.core

    def deliver_again(ledger_id: str, from_seq: int) -> None:
        if publisher := outside.publisher():
            publisher.deliver_again(ledger_id, from_seq)

    def close() -> None:
        core.punching.revoked = True
        core.hub.change(fault=REVOKED)

    def close_if_revoked() -> None:
        rows = core.store.desk(CommandTaken)
        if any(row.record.do == "revoke" and row.record.outcome != "failed" for row in rows):
            close()

    message = Message(state_dir, core.hub)
    means = Means(deliver_again, outside.restart, lambda: make_next(state_dir / "keys"), close)
    children = Children(outside.config_file, outside.admin_socket, state_dir)
    commands = Commands(parts, desk, message, children, means)
    templates = SharedTemplates(parts, outside.recheck)
    rules = RosterRules(state_dir / FOLDER)
    down = Down(DownParts(parts, commands, message, rules, templates, outside.publisher))
    parts.on_engine(down.begin)
    parts.on_engine(close_if_revoked)
    return down


def older_keys(store: Store, sign_key: str) -> dict[str, str]:
    """The ledgers that were begun with another key than `sign_key`, and with which."""
    found = {}
    for ledger in store.ledgers():
        record = decode_body(store.records(ledger.ledger_id, 0, 1, 1)[0].body)
        key = str(record.data.get("sign_key", sign_key))
        if key != sign_key:
            found[ledger.ledger_id] = key
    return found


def make_files(parts: DeskParts, centre_key: str) -> StoreFiles:
    """What goes up after the punches; called on the publisher's thread."""
    name = DeviceName(parts.config.device.tenant, parts.config.device.id)
    receiver, context = receive_public(bytes.fromhex(centre_key)), photo_context(name)
    sealed = parts.evidence.key_for(lambda key: seal(receiver, key, context))

    def gone(ledger_id: str, seq: int) -> None:
        store = parts.core.store
        parts.engine.post(lambda: store.move_cursor(PHOTOS, ledger_id, seq))

    return StoreFiles(parts.state_dir, parts.evidence, sealed, gone)
