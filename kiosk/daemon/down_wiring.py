"""How what comes down hangs together with the rest of the kiosk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.payload import CommandTaken
from kiosk.daemon.desk.desk import Desk
from kiosk.daemon.desk.parts import DeskParts
from kiosk.daemon.down import Down, DownParts
from kiosk.daemon.down_children import Children
from kiosk.daemon.down_commands import Commands, Means
from kiosk.daemon.down_message import Message
from kiosk.daemon.down_rules import RosterRules
from kiosk.daemon.down_templates import SharedTemplates
from kiosk.daemon.keys import make_next
from sync.publisher import Publisher

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
