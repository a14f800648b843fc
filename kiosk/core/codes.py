"""Short codes that are read out and typed: the technician's one-time code, and the answer to a challenge.

A lost PIN is given anew offline: the kiosk shows a challenge, whoever holds the centre's or the technician's
key works out the answer, a message authentication code (HMAC-SHA-256) under the secret that this key shares
with the kiosk's own. Eight digits are enough: the kiosk takes few tries, then makes a new challenge.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CODE_DIGITS, CHALLENGE_DIGITS, ANSWER_DIGITS = 10, 8, 8
MARK = "HADIRPIN1"
_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}


class BadChallengeError(ValueError):
    """A text that is no challenge, or was not copied whole."""


class Challenge(NamedTuple):
    """What the screen shows: `digits` to be read out, and in its QR code who asks."""

    tenant: str
    device: str
    receive_key: str
    digits: str

    @property
    def text(self) -> str:
        """What the QR code holds."""
        return "|".join((MARK, *self))


def read_challenge(text: str) -> Challenge:
    """The challenge in a QR code's text. Raises `BadChallengeError`."""
    mark, *parts = text.strip().split("|")
    if mark != MARK or len(parts) != len(Challenge._fields):
        raise BadChallengeError(f"a challenge begins with {MARK} and has five parts between bars")
    return Challenge(*parts)._replace(digits=challenge_digits(parts[-1]))


def challenge_digits(text: str) -> str:
    """The digits of a challenge as somebody typed them, in groups or not. Raises `BadChallengeError`."""
    digits = "".join(text.split()).replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == CHALLENGE_DIGITS):
        raise BadChallengeError(f"it has {CHALLENGE_DIGITS} digits; these are {len(digits)} characters")
    return digits


def answer_to(shared: bytes, challenge: Challenge) -> str:
    """The eight digits that answer `challenge`; `shared` is what `exchange.agreed` gives."""
    key = HKDF(SHA256(), 32, salt=None, info=b"hadir-pin-reset-v1").derive(shared)
    asked = f"{challenge.tenant}\n{challenge.device}\n{challenge.digits}".encode()
    number = int.from_bytes(hmac.digest(key, asked, "sha256")[:8], "big")
    return f"{number % 10**ANSWER_DIGITS:0{ANSWER_DIGITS}}"


def grouped(digits: str) -> str:
    """Digits in groups of four or five, as they are read out."""
    size = 5 if len(digits) % 5 == 0 else 4
    return " ".join(digits[at : at + size] for at in range(0, len(digits), size))


def kept_form(code: str, salt: bytes) -> str:
    """What is kept of a one-time code: salted and stretched, so that reading it opens nothing."""
    return f"{salt.hex()} {_stretched(code, salt).hex()}"


def is_code(kept: str, code: str) -> bool:
    """Whether `kept` was made of this code."""
    salt, _, wanted = kept.strip().partition(" ")
    try:
        return hmac.compare_digest(_stretched(code, bytes.fromhex(salt)), bytes.fromhex(wanted))
    except ValueError:
        return False


def _stretched(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, **_SCRYPT, dklen=32)
