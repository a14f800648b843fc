"""What doctor goes by: the configuration, and kioskd's own word where it still has one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.core import api
from kiosk.core.checked import BadFileError, read_text
from kiosk.core.config import KioskConfig
from kiosk.core.config_file import read_config
from kiosk.ctl.client import Client
from kiosk.ctl.doctor.machine import Machine
from kiosk.ctl.errors import CtlError, UnreachableError

INSTALLED = Path("/etc/hadir/kiosk.toml")
DEMO = Path("demo-data/kiosk.toml")
ANSWER_S = 8.0


@dataclass(frozen=True)
class Seen:
    """One look at a kiosk. `silence` says why kioskd did not answer, `bad_file` what is wrong in its file.

    `denied`: whoever looks may not read the file, so little can be said; root sees most.
    """

    machine: Machine
    config_file: Path
    config: KioskConfig | None = None
    bad_file: BadFileError | None = None
    no_file: str = ""
    denied: bool = False
    status: api.Status | None = None
    health: api.Health | None = None
    silence: CtlError | None = None
    explained: set[str] = field(default_factory=set)
    """Words for what another check has named already, so that one cause is one fault."""

    @property
    def state_dir(self) -> Path:
        """Where the kiosk keeps its ledger."""
        if self.status is not None:
            return Path(self.status.state_dir)
        return Path(self.config.state_dir if self.config else KioskConfig().state_dir)

    def path(self, text: str) -> Path:
        """A path of the configuration: relative ones are under the state folder."""
        return self.state_dir / text

    @property
    def policy_file(self) -> Path:
        """Relative to the configuration's folder, as kioskd reads it."""
        return self.config_file.parent / (self.config or KioskConfig()).policy_file

    def set_command(self, key: str, value: object) -> str:
        """The command that sets a key of the configuration, and makes it count."""
        words = ("kioskctl", "config", "set", str(self.config_file), key, str(value))
        return f"{shlex.join(words)} && systemctl restart kioskd"


def look(machine: Machine, config_file: Path | None, sockets: list[Path]) -> Seen:
    """Read the configuration and ask kioskd, at the first of `sockets` or the configured one."""
    guess = config_file or (INSTALLED if INSTALLED.exists() or not DEMO.exists() else DEMO)
    config, bad, missing = _read(guess)
    if config is not None and config_file is not None:
        sockets = [Path(config.state_dir) / config.control.admin_socket, *sockets]
    status, health, silence = _ask(sockets)
    if health is not None and config_file is None:
        guess = Path(health.config_file)
        config, bad, missing = _read(guess)
    return Seen(machine, guess, config, bad, missing, _denied(guess), status, health, silence)


def _denied(path: Path) -> bool:
    try:
        path.open("rb").close()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _read(path: Path) -> tuple[KioskConfig | None, BadFileError | None, str]:
    try:
        return read_config(read_text(path.read_bytes(), str(path)), str(path)), None, ""
    except BadFileError as error:
        return None, error, ""
    except OSError as error:
        return None, None, error.strerror or str(error)


def _ask(sockets: list[Path]) -> tuple[api.Status | None, api.Health | None, CtlError | None]:
    last: CtlError | None = None
    for socket in dict.fromkeys(sockets):
        try:
            with Client(socket) as client:
                status = client.ask(api.GetStatus(), api.Status, answer_s=ANSWER_S)
                return status, client.ask(api.GetHealth(), api.Health, answer_s=ANSWER_S), None
        except CtlError as error:
            if last is None or isinstance(last, UnreachableError):
                last = error
    return None, None, last
