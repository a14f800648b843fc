"""The demo's folder: every file of kiosk, centre, broker and emulators, and nothing outside it."""

from __future__ import annotations

import getpass
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

DEVICE = "kiosk-demo"
POLICY = """\
# The demo's rules: any hour is a session, so that there is always something to see.
# duplicate_window_s is short so that you can try a second tap; a real kiosk has minutes.
version = "demo-1"
mode = "lenient"
duplicate_window_s = 5

[[session]]
name = "pagi"
kind = "in"
opens = 00:00:00
due = 07:15:00
closes = 12:00:00
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

[[session]]
name = "sore"
kind = "out"
opens = 12:00:00
due = 15:30:00
closes = 23:59:59
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where everything lies."""

    root: Path
    port: int

    @classmethod
    def prepare(cls, root: Path) -> DemoFolder:
        """Make the folders and choose a free port. Raises `OSError`."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("centre", "broker", "log"):
            (root / name).mkdir(exist_ok=True)
        return cls(root.resolve(), free_port())

    @property
    def control(self) -> Path:
        """The admin control socket."""
        return self.root / "control.sock"

    @property
    def emulator(self) -> Path:
        """The emulated reader's own control socket."""
        return self.root / "r307.sock"

    @property
    def reader_link(self) -> Path:
        """Where the emulated reader's serial port appears."""
        return self.root / "r307"

    @property
    def terminal(self) -> Path:
        """The emulated terminal's own control socket."""
        return self.root / "zk.sock"

    @property
    def camera(self) -> Path:
        """The emulated camera's own control socket."""
        return self.root / "camera.sock"

    @property
    def faces(self) -> Path:
        """The clips that the emulated camera shows."""
        return self.root / "faces"

    def camera_toml(self, source: str = "", port: int = 0) -> str:
        """The camera on this machine called `source`, or the emulated one on `port` of the loopback."""
        emulated = f'simulated = true\nemulator_control = "{self.camera}"\n'
        return f"""
[camera]
driver = "opencv"
source = "{source or f"http://127.0.0.1:{port}/"}"
width_px = 640
height_px = 480
{"" if source else emulated}
[face]
enabled = true
"""

    def terminal_toml(self, name: str, port: int, control: Path, more: str = "") -> str:
        """The `[[terminal]]` of an emulated terminal on the loopback."""
        return f"""
[[terminal]]
name = "{name}"
host = "127.0.0.1"
port = {port}
simulated = true
emulator_control = "{control}"
{more}"""

    def write_kiosk(self, centre_key: str, terminals: str = "") -> Path:
        """`kiosk.toml` and the policy beside it."""
        (self.root / "policy.toml").write_text(POLICY, encoding="utf-8")
        path = self.root / "kiosk.toml"
        path.write_text(self._kiosk_toml(centre_key) + terminals, encoding="utf-8")
        return path

    def write_mosquitto(self) -> Path:
        """A broker of its own on the loopback, keeping nothing."""
        path = self.root / "broker" / "mosquitto.conf"
        # Our own user: a broker that changes its user would outlive a killed demo.
        path.write_text(
            f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\n"
            "allow_anonymous true\npersistence false\n",
            encoding="utf-8",
        )
        return path

    def write_centre(self) -> Path:
        """`centre.toml`, over the one that `hadir-centre init` made with the key."""
        path = self.root / "centre" / "centre.toml"
        path.write_text(
            f'[broker]\nhost = "127.0.0.1"\nport = {self.port}\n'
            f"shared = {'true' if mosquitto() else 'false'}\n"
            f'protocol = "{_protocol()}"\n',
            encoding="utf-8",
        )
        return path

    def _kiosk_toml(self, centre_key: str) -> str:
        return f"""\
# Written by `kioskd demo` at each start.
state_dir = "{self.root}"
policy_file = "{self.root / "policy.toml"}"

[site]
id = "sdn-contoh-1"
name = "SD Negeri 1 Contoh"
zone = "WIB"
latitude = -8.1724
longitude = 113.7005

[device]
tenant = "demo"
id = "{DEVICE}"

[sync]
host = "127.0.0.1"
port = {self.port}
protocol = "{_protocol()}"
centre_key = "{centre_key}"

[courier]
folder = "{self.root / "stick"}"

[[reader]]
name = "r307"
port = "{self.reader_link}"
simulated = true
emulator_control = "{self.emulator}"
"""


def mosquitto() -> str | None:
    """The broker's program, also where Debian hides it from a user's PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _protocol() -> str:
    """The embedded broker misreads a v5 CONNECT and stays silent: finding that out takes 10 s."""
    return "auto" if mosquitto() else "3.1.1"


def free_port() -> int:
    """A TCP port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
