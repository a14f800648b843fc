"""What comes down: only the centre's, for this device, of a known form and size; sealed boxes open once."""

from __future__ import annotations

import base64
import secrets
import zlib

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.core.sign import message_statement
from sync import commands as c
from sync import documents as d
from sync.sealing import SealError, open_sealed, receive_private, receive_public, seal
from sync.topics import DeviceName
from sync.wire import PROTOCOL, Signed, WireError, encode

CENTRE = Ed25519PrivateKey.generate()
KEY = CENTRE.public_key().public_bytes_raw().hex()
KIOSK = DeviceName("dinas", "kiosk-1")


def signed(
    body: str, kind: str = "command", name: DeviceName = KIOSK, key: Ed25519PrivateKey = CENTRE
) -> bytes:
    sig = key.sign(message_statement(kind, name.tenant, name.device, body)).hex()
    return encode(Signed(PROTOCOL, body, key.public_key().public_bytes_raw().hex(), sig))


def command(**fields: object) -> str:
    return msgspec.json.encode({"do": "restart", "counter": 7, "expires_ms": 9, **fields}).decode()


def refusal(payload: bytes, kind: d.Kind = "command") -> str:
    with pytest.raises(WireError) as caught:
        d.read_document(kind, payload, KIOSK, KEY)
    return caught.value.reason


def test_a_command_of_the_centre_is_read() -> None:
    body = d.read_document("command", signed(command()), KIOSK, KEY)
    assert c.read_command(body) == c.Restart(counter=7, expires_ms=9)


def test_what_is_not_the_centres_for_this_device_is_refused() -> None:
    assert refusal(signed(command(), key=Ed25519PrivateKey.generate())) == "signature"
    assert refusal(signed(command(), name=DeviceName("dinas", "kiosk-2"))) == "signature"
    assert refusal(signed(command(), kind="roster")) == "signature"
    assert refusal(signed(command()).replace(b"restart", b"rotate_key")) == "signature"
    assert refusal(signed(command(text="x" * 10_000))) == "too_large"
    assert refusal(b"{}") == "malformed"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (command(do="format_disk"), "unknown_command"),
        (command(counter=0), "malformed"),
        (command(do="show_message"), "malformed"),
        ('{"do":"restart"}', "malformed"),
    ],
)
def test_a_command_this_version_cannot_do_is_refused(body: str, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        c.read_command(body)
    assert caught.value.reason == reason


def test_a_roster_of_13_000_people_fits_into_one_message() -> None:
    people = tuple(
        d.RosterPerson(
            f"1985010120{n:08}", f"Ahmad Fauzi {secrets.token_hex(6)}, S.Pd.", f"SMP Negeri {n % 90}"
        )
        for n in range(13_000)
    )
    content = d.RosterContent(people=people, policy="version = 'x'")
    roster = d.Roster(site="sd-1", version=3, made_ms=1, content=d.pack(content))
    payload = signed(encode(roster).decode(), "roster")
    assert len(payload) < 1_000_000
    assert d.unpack(d.read_roster(d.read_document("roster", payload, KIOSK, KEY)).content) == content


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        ("~", "malformed"),
        (base64.b64encode(b"no zlib").decode(), "malformed"),
        (base64.b64encode(zlib.compress(b"{}")[:-3]).decode(), "malformed"),
        (base64.b64encode(zlib.compress(b" " * (d.MAX_CONTENT_BYTES + 2))).decode(), "too_large"),
        (base64.b64encode(zlib.compress(b'{"people": 3}')).decode(), "malformed"),
    ],
)
def test_a_hostile_content_is_refused(packed: str, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        d.unpack(packed)
    assert caught.value.reason == reason


def test_a_sealed_box_opens_for_its_key_and_purpose_only() -> None:
    key = X25519PrivateKey.generate()
    box = seal(key.public_key().public_bytes_raw(), b"secret", b"purpose")
    assert open_sealed(key.private_bytes_raw(), box, b"purpose") == b"secret"
    for other, context, changed in (
        (X25519PrivateKey.generate(), b"purpose", box),
        (key, b"another", box),
        (key, b"purpose", box[:-1] + bytes([box[-1] ^ 1])),
        (key, b"purpose", b"short"),
    ):
        with pytest.raises(SealError):
            open_sealed(other.private_bytes_raw(), changed, context)


def test_the_centres_one_key_can_be_sealed_to() -> None:
    for _ in range(8):
        key = Ed25519PrivateKey.generate()
        public, seed = key.public_key().public_bytes_raw(), key.private_bytes_raw()
        secret = receive_private(seed)
        assert X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() == receive_public(
            public
        )
        assert open_sealed(secret, seal(receive_public(public), b"x", b""), b"") == b"x"
    with pytest.raises(SealError):
        receive_public(b"\x01" + bytes(31))
