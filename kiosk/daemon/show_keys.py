"""`kioskd keys DIR`: the device's public keys, made when there are none yet; the private ones never leave."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kiosk.daemon.keys import BadKeyError, DeviceKeys


def main(argv: list[str]) -> int:
    """Print `{"sign_key": HEX, "receive_key": HEX}`; 1 when they cannot be read or made."""
    try:
        keys = DeviceKeys.load_or_create(Path(argv[0]) / "keys")
    except (BadKeyError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"sign_key": keys.sign_public, "receive_key": keys.receive_public}) + "\n")
    return 0
