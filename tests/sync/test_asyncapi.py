"""docs/asyncapi.yaml and docs/schemas: valid, and saying what the code says.

`asyncapi-3.0.0.json.gz` is the AsyncAPI Initiative's own JSON Schema of AsyncAPI 3.0.0 (Apache-2.0, from its
package of specifications 6.11.1, the variant without `$id`); only its blanks were taken out.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from sync import documents, wire
from sync.schemas import schemas
from sync.topics import DeviceName, Down, Up
from tests.sync.test_protocol_page import EXAMPLES

DOCS = Path(__file__).parents[2] / "docs"
OFFICIAL = Path(__file__).with_name("asyncapi-3.0.0.json.gz")
PAGE: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
SCHEMA_OF = {"inquiry": "batch", "notice": "ack"}
SIZES = {
    "batch": wire.MAX_MESSAGE_BYTES, "ack": wire.MAX_ACK_BYTES, "state": wire.MAX_MESSAGE_BYTES,
    "offer": wire.MAX_MESSAGE_BYTES, "chunk": wire.MAX_MESSAGE_BYTES, "have": wire.MAX_ACK_BYTES,
    "reply": documents.MAX_REPLY_BYTES, "roster": wire.MAX_MESSAGE_BYTES,
    "command": documents.MAX_COMMAND_BYTES, "template": wire.MAX_MESSAGE_BYTES,
}  # fmt: skip


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((DOCS / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_it_is_asyncapi() -> None:
    official = json.loads(gzip.decompress(OFFICIAL.read_bytes()))
    wrong = [f"{list(e.absolute_path)}: {e.message}" for e in Draft7Validator(official).iter_errors(PAGE)]
    assert wrong == []


def test_its_channels_are_our_topics() -> None:
    name = DeviceName("{tenant}", "{device}")
    topics = {name.up(lane) for lane in get_args(Up)} | {name.down(lane) for lane in get_args(Down)}
    assert {channel["address"] for channel in PAGE["channels"].values()} == topics


def test_its_sizes_are_the_codes() -> None:
    messages = PAGE["components"]["messages"]
    assert {name: message["x-max-bytes"] for name, message in messages.items()} == SIZES


def test_its_schemas_are_made_from_the_types() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "schemas").iterdir()}
    assert written == schemas(), "python -m sync.schemas docs/schemas"
    named = [str(found) for found in _refs(PAGE) if found.startswith("schemas/")]
    named += [m["x-body"] for m in PAGE["components"]["messages"].values() if "x-body" in m]
    assert {name.removeprefix("schemas/") for name in named} <= set(written)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_page_are_valid(name: str) -> None:
    example, kind = json.loads(EXAMPLES[name]), name.removesuffix(" body")
    kind = SCHEMA_OF.get(kind, kind).replace(" ", "-")
    if "body" in example:
        validator("signed").validate(example)
        example = json.loads(example["body"])
    validator(kind).validate(example)
    for record in example.get("records", ()):
        validator("record").validate(json.loads(record))


def test_a_schema_refuses_what_the_code_refuses() -> None:
    ack = json.loads(EXAMPLES["ack"])
    assert not validator("ack").is_valid(ack | {"status": "perhaps"})
    assert not validator("ack").is_valid(ack | {"hash": "zz"})
    assert not validator("ack").is_valid({key: value for key, value in ack.items() if key != "sig"})


def _refs(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        return [v for k, v in tree.items() if k == "$ref"] + [r for v in tree.values() for r in _refs(v)]
    return [r for v in tree for r in _refs(v)] if isinstance(tree, list) else []
