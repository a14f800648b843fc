"""Whether a ledger is what it claims to be."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.sign import ack_statement, signature_holds


@dataclass(frozen=True, slots=True)
class Anchor:
    """The centre's signed word that it holds a ledger up to `upto`, the chain's hash (hex) being `hash`."""

    ledger_id: str
    upto: int
    hash: str
    time_ms: int
    nonce: str
    sig: str

    def holds(self, centre_key: str) -> bool:
        """Whether the centre with this public key (hex) signed it."""
        statement = ack_statement(self.ledger_id, self.upto, self.hash, self.time_ms, self.nonce)
        return signature_holds(centre_key, statement, self.sig)
