"""A day's seal in words: what a headmaster photographs or copies, and anybody can hold against the ledger.

`HADIRSEAL1|tenant|device|day|first|count|ledger|last|head|signature`: records `first` to `last` are the
day's, `head` is the chain's hash at `last`, which fixes every record before it too.
"""

from __future__ import annotations

import re

import msgspec

from kiosk.core.sign import signature_holds

MARK = "HADIRSEAL1"
MAX_CHARS = 1_000
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class BadSealError(ValueError):
    """A text that is no seal, or was not copied whole."""


class DaySeal(msgspec.Struct, frozen=True, kw_only=True):
    """The day's records of one ledger; `sig` is hex, empty while it is being made."""

    tenant: str
    device: str
    day: str
    first: int
    last: int
    ledger_id: str
    head: str
    sig: str = ""

    @property
    def count(self) -> int:
        """How many records the day has."""
        return self.last - self.first + 1

    @property
    def words(self) -> str:
        """What is signed."""
        numbers = (str(self.first), str(self.count), self.ledger_id, str(self.last), self.head)
        return "|".join((MARK, self.tenant, self.device, self.day, *numbers))

    @property
    def text(self) -> str:
        """The seal as it is shown."""
        return f"{self.words}|{self.sig}"

    def statement(self) -> bytes:
        """The bytes under the device's signature."""
        return f"hadir-day-seal-v1\n{self.words}\n".encode()

    def holds(self, device_key: str) -> bool:
        """Whether the device with this public key (hex) signed it."""
        return signature_holds(device_key, self.statement(), self.sig)


def read_seal(text: str) -> DaySeal:
    """The seal in a text; line breaks and blanks of a hand copy are passed over. Raises `BadSealError`."""
    if len(text) > MAX_CHARS:
        raise BadSealError("far too long for a seal")
    parts = "".join(text.split()).split("|")
    if len(parts) != 10 or parts[0] != MARK:
        raise BadSealError(f"a seal begins with {MARK} and has ten parts between bars")
    _, tenant, device, day, first, count, ledger_id, last, head, sig = parts
    if not (_DAY.fullmatch(day) and _HASH.fullmatch(head) and (first + count + last).isdecimal()):
        raise BadSealError("a part of the seal is not copied whole")
    seal = DaySeal(
        tenant=tenant, device=device, day=day, first=int(first), last=int(last), ledger_id=ledger_id,
        head=head, sig=sig,
    )  # fmt: skip
    if seal.words != "|".join(parts[:-1]):
        raise BadSealError("its count does not fit its first and last record")
    return seal
