"""kioskd's own offline tools, which kioskctl runs and never imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kiosk.ctl.errors import CtlError


def kioskd_tool(
    name: str, *arguments: str, timeout_s: float | None = None, user: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `kioskd NAME ...` to its end, as `user` if one is named.

    Raises `CtlError` when there is no kioskd or it takes too long.
    """
    program = Path(sys.executable).with_name("kioskd")
    if not program.exists():
        hint = f"install hadir so that {program} exists"
        raise CtlError("failed", "kioskd is not installed beside kioskctl", hint)
    command = (str(program), name, *arguments)
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=timeout_s,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CtlError("timeout", f"kioskd {name} took more than {timeout_s:g} s", "try again") from error
