"""`python -m bench.drain COUNT PORT KEY FOLDER`: drain a ledger in a file, print its most memory (bytes)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.backlog import BATCH_BYTES, NAME, FileBacklog
from bench.process import most_resident_bytes, until
from kiosk.core.config import Device, Sync
from sync.publisher import Publisher


def main(count: int, port: int, centre_key: str, folder: Path) -> None:
    """The ledger is of a device of its own."""
    backlog = FileBacklog(count, Ed25519PrivateKey.generate(), folder / f"{count}.db", f"kiosk-{count}")
    config = Sync(host="127.0.0.1", port=port, centre_key=centre_key, batch_bytes=BATCH_BYTES)
    device = Device(tenant=NAME.tenant, id=f"kiosk-{count}")
    publisher = Publisher(config, device, lambda: backlog, backlog.hello(), backlog.event)
    publisher.start()
    until(backlog.done.is_set, "the backlog acknowledged", 900)
    publisher.stop(5.0)
    print(most_resident_bytes(os.getpid()))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
