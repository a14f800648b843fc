"""The base of every command of the control socket."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="cmd", kw_only=True):
    """Base of all commands."""
