"""`hadir-centre pin-answer`: the digits by which somebody at a kiosk gives themselves a new PIN."""

from __future__ import annotations

import click

from kiosk.core.codes import (
    BadChallengeError,
    Challenge,
    answer_to,
    challenge_digits,
    grouped,
    read_challenge,
)
from kiosk.core.exchange import SealError, agreed
from kiosk.core.payload import Genesis, from_data
from kiosk.core.record import decode_body
from sync.centre.cli import Context, json_option, read, say
from sync.centre.store import Tx


@click.command("pin-answer")
@click.argument("device")
@click.argument("digits", required=False, default="")
@json_option
@click.pass_obj
def pin_answer(context: Context, device: str, digits: str, as_json: bool) -> None:
    """Answer the challenge DIGITS of DEVICE (its id, or tenant/id), or the text of its QR code.

    Only after you have made sure, by a voice you know or a call back, that it is the operator who asks.
    """
    try:
        asked = read_challenge(device) if not digits else _asked(context, device, digits)
        shared = agreed(context.key().receive_secret, bytes.fromhex(asked.receive_key))
    except (BadChallengeError, SealError, ValueError) as error:
        raise click.ClickException(f"this is no challenge: {error}") from error
    answer = answer_to(shared, asked)
    say({"answer": answer}, as_json, grouped(answer))


def _asked(context: Context, device: str, digits: str) -> Challenge:
    found = read(context, lambda tx: _genesis(tx, device))
    if not found:
        raise click.ClickException(f"no kiosk {device!r} has delivered; read the QR code's text instead")
    if len({row[:2] for row in found}) > 1:
        raise click.ClickException(f"several kiosks are called {device!r}: write tenant/device")
    tenant, name, body = found[0]
    record = decode_body(bytes(body))
    genesis = from_data(record.type, record.data)
    if not isinstance(genesis, Genesis):
        raise click.ClickException(f"the ledger of {device} does not begin with its keys")
    return Challenge(tenant, name, genesis.receive_key, challenge_digits(digits))


def _genesis(tx: Tx, text: str) -> list[tuple[str, str, bytes]]:
    tenant, _, device = text.rpartition("/")
    return tx.all(
        "SELECT l.tenant, l.device, r.body FROM ledgers l JOIN records r ON r.ledger_id = l.ledger_id "
        "AND r.seq = 1 WHERE l.device = ? AND (l.tenant = ? OR ? = '') ORDER BY l.opened_ms DESC",
        device, tenant, tenant,
    )  # fmt: skip


COMMANDS = (pin_answer,)
