"""docs/protocol.md: each example is read by the real decoders, its chain and signatures checked."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from kiosk.core.record import decode_body
from kiosk.core.sign import message_statement, signature_holds
from sync import causes, documents
from sync import commands as c
from sync.centre.incoming import read_batch
from sync.inbound import read_ack, read_have, read_inbound
from sync.topics import DeviceName, Down, Up
from sync.wire import AckStatus, Signed, State, decode

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- example: (.*?) -->\n```json\n(.*?)\n```", PAGE, re.DOTALL))
DEVICE_KEY, CENTRE_KEY = re.findall(r"key `([0-9a-f]{64})`", PAGE)[:2]
KIOSK = DeviceName("jember", "kiosk-sd-1")


def example(name: str) -> bytes:
    return str(EXAMPLES[name]).encode()


def test_the_batch_holds() -> None:
    incoming = read_batch(KIOSK, example("batch"))
    assert incoming.batch.head.key == DEVICE_KEY
    person, punch = incoming.records
    assert person.private is not None
    assert decode_body(punch.body).type == "punch"


def test_the_inquiry_asks_about_the_place_after_the_batch() -> None:
    batch, inquiry = read_batch(KIOSK, example("batch")), read_batch(KIOSK, example("inquiry"))
    assert inquiry.records == []
    assert (inquiry.upto, inquiry.batch.prev_hash) == (batch.upto, batch.batch.head.hash)


@pytest.mark.parametrize(("name", "status"), [("ack", "ok"), ("notice", "quarantined")])
def test_the_centres_answers_are_signed_and_answer_the_batch(name: str, status: str) -> None:
    ack, batch = read_ack(example(name), CENTRE_KEY), read_batch(KIOSK, example("batch")).batch
    assert (ack.status, ack.nonce, ack.upto, ack.hash) == (
        status,
        batch.nonce,
        batch.head.seq,
        batch.head.hash,
    )


def test_the_state_is_signed_and_its_body_is_the_one_shown() -> None:
    message = decode(example("state"), Signed)
    statement = message_statement("state", KIOSK.tenant, KIOSK.device, message.body)
    assert signature_holds(DEVICE_KEY, statement, message.sig)
    assert decode(message.body, State) == decode(example("state body"), State)


def test_the_command_comes_in() -> None:
    body = read_inbound(KIOSK.down("command"), example("command"), KIOSK, CENTRE_KEY).body
    assert c.read_command(body).counter == 7


def test_the_roster_comes_in_and_holds_what_is_shown() -> None:
    body = read_inbound(KIOSK.down("roster"), example("roster"), KIOSK, CENTRE_KEY).body
    content = documents.unpack(documents.read_roster(body).content)
    assert content == msgspec.json.decode(example("roster content"), type=documents.RosterContent)


def test_the_reply_and_the_offer_are_signed_and_the_chunk_is_the_whole_file() -> None:
    reply = documents.read_signed("reply", example("reply"), KIOSK, DEVICE_KEY, 100_000)
    assert decode(reply, documents.Reply).outcome == "done"
    offer = decode(
        documents.read_signed("evidence", example("offer"), KIOSK, DEVICE_KEY, 100_000), documents.Offer
    )
    chunk = decode(example("chunk"), documents.Chunk)
    content = base64.b64decode(chunk.data)
    assert hashlib.sha256(content).hexdigest() == chunk.sha256 == offer.sha256
    have = read_have(example("have"), KIOSK, CENTRE_KEY)
    assert (have.sha256, have.upto, have.state) == (offer.sha256, len(content), "complete")


@pytest.mark.parametrize(
    "word",
    [
        *(str(kind.__struct_config__.tag) for kind in get_args(c.AnyCommand)),
        *get_args(documents.Ruling),
        *get_args(AckStatus),
        *sorted(causes.WORDS),
        *(f"up/{lane}" for lane in get_args(Up)),
        *(f"down/{lane}" for lane in get_args(Down)),
    ],
)
def test_every_word_of_the_wire_is_on_the_page(word: str) -> None:
    assert re.search(rf"[`/]{word}`", PAGE), word
