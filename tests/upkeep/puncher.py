"""A store punched into, as a process of its own: prints the seq of each punch once it is committed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreError
from tests.store.samples import IDENTITY, append, at, punch


def main() -> int:
    state, count = Path(sys.argv[1]), int(sys.argv[2])
    try:
        keys = DeviceKeys.load_or_create(state / "keys")
        store = Store.open(state, keys, IDENTITY, at(), reserve_mb=0)
    except (StoreError, OSError) as error:
        os.write(1, f"closed {error}\n".encode())
        return 3
    for number in range(count):
        try:
            (made,) = append(store, punch())
        except StoreError:
            os.write(1, b"refused\n")
        else:
            os.write(1, f"told {made.seq}\n".encode())
        if number % 10 == 9:
            store.checkpoint()
    os._exit(0)  # no orderly close: the next start finds it as a cut leaves it


if __name__ == "__main__":
    sys.exit(main())
