"""Taking secrets out of text: those this kiosk really has, and what looks like one."""

from __future__ import annotations

import base64
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from kiosk.ctl.doctor.seen import Seen

SHORTEST = 4
NUMBER = re.compile(
    r"(?<![0-9a-fA-F-])\d{15,20}(?![0-9a-fA-F-])"
)  # NIP, NIPPPK, NIK, and with slips of the finger
SETTING = re.compile(r"""^(\s*(?:\w*password|\w*secret|comm_key|pin)\s*=\s*).*$""", re.MULTILINE)
PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


@dataclass(frozen=True)
class Redactor:
    """Knows the secrets to be taken out."""

    secrets: tuple[str, ...]

    @classmethod
    def of(cls, seen: Seen) -> Redactor:
        """With every secret that can be read here: keys in the forms they are written in, passwords."""
        secrets = set()
        for path in _key_files(seen):
            with contextlib.suppress(OSError):
                raw = path.read_bytes()
                secrets |= {raw.hex(), base64.b64encode(raw).decode(), raw.decode("latin-1")}
        for path in _password_files(seen):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                secrets.add(path.read_text(encoding="utf-8").strip())
        found = [secret for secret in secrets if len(secret) >= SHORTEST]
        return cls(tuple(sorted(found, key=len, reverse=True)))

    def clean(self, text: str) -> str:
        """`text` without them, without private keys, people's numbers and values of secret settings."""
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        text = PRIVATE.sub("[private key]", text)
        text = SETTING.sub(r'\1"[secret]"', text)
        return NUMBER.sub("[number]", text)


def _key_files(seen: Seen) -> list[Path]:
    return sorted((seen.state_dir / "keys").glob("*"))


def _password_files(seen: Seen) -> list[Path]:
    if seen.config is None or not seen.config.sync.password_file:
        return [seen.state_dir / "mqtt.password"]
    return [seen.path(seen.config.sync.password_file)]
