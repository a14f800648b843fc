"""`python -m sync.schemas FOLDER`: the JSON Schemas of the protocol, made from the types that read it."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from kiosk.core.record import Record
from sync import commands, documents
from sync.courier import format as courier
from sync.wire import Ack, Batch, Signed, State

TYPES: dict[str, tuple[Any, str]] = {
    "record": (Record, "The envelope of one record, as it stands in the strings of a batch."),
    "batch": (Batch, "up/ledger, up/live: consecutive records of one ledger, or a question where it stands."),
    "ack": (Ack, "down/ack: the centre's signed answer to one batch."),
    "signed": (Signed, "A message whose body is JSON text, signed as it stands."),
    "state": (State, "The body of up/state."),
    "reply": (documents.Reply, "The body of up/reply."),
    "offer": (documents.Offer, "The body of a signed offer on up/evidence."),
    "chunk": (documents.Chunk, "A piece of a file on up/evidence."),
    "have": (documents.Have, "The body of the answer on down/evidence."),
    "roster": (documents.Roster, "The body of down/roster."),
    "roster-content": (documents.RosterContent, "What a roster's content holds, unpacked."),
    "template": (documents.TemplateLetter, "The body of down/template."),
    "command": (commands.AnyCommand, "The body of down/command."),
    "courier-stick": (courier.Pairing, "The body of hadir/stick.json on a stick."),
    "courier-manifest": (courier.Manifest, "The body of an export's manifest.json on a stick."),
    "courier-receipt": (courier.Receipt, "The body of the message sealed in receipt.bin on a stick."),
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """The text of each schema, by its file's name."""
    return {f"{name}.json": _text(name, type_, about) for name, (type_, about) in TYPES.items()}


def _text(name: str, type_: Any, about: str) -> str:
    schema = _cleaned(msgspec.json.schema(type_))
    head = {"$schema": DIALECT, "title": name, "description": about}
    return json.dumps(head | schema, indent=1, sort_keys=False) + "\n"


def _cleaned(tree: Any) -> Any:
    """With descriptions as Python 3.13 has docstrings: no indentation."""
    if isinstance(tree, dict):
        return {
            key: inspect.cleandoc(value)
            if key == "description" and isinstance(value, str)
            else _cleaned(value)
            for key, value in tree.items()
        }
    return [_cleaned(value) for value in tree] if isinstance(tree, list) else tree


def main() -> None:
    """Write them to the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
