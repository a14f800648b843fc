"""What `kiosk.toml` may say: every key, its type and its default. Relative paths are under `state_dir`."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.core.checked import BadFileError, Fault, line_of, read_toml
from kiosk.core.zone import ZoneName


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Site(_Table, frozen=True):
    """Where the kiosk stands; coordinates in degrees."""

    id: str = "site"
    name: str = "Unit kerja"
    zone: ZoneName = "WIB"
    latitude: float | None = None
    longitude: float | None = None


class Device(_Table, frozen=True):
    """Who the kiosk is at the centre."""

    tenant: str = "default"
    id: str = "kiosk-1"


class Control(_Table, frozen=True):
    """The two control sockets; who may open them is decided by file permissions."""

    admin_socket: str = "control.sock"
    ui_socket: str = "ui.sock"


class Reader(_Table, frozen=True):
    """A fingerprint reader. `simulated` must be said; it is shown wherever the device is."""

    name: str
    driver: Literal["r307"] = "r307"
    port: str = "/dev/hadir/r307"
    baud: int = 57_600
    password: int = 0
    simulated: bool = False
    emulator_control: str | None = None


class Sync(_Table, frozen=True):
    """Delivery to the centre. `centre_key` is the centre's public key in hex; empty `host`: no delivery."""

    host: str = ""
    port: int = 1883
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    centre_key: str = ""
    batch_bytes: int = 65_536
    window: int = 8
    ack_timeout_s: float = 5.0
    retry_max_s: float = 60.0


class Clock(_Table, frozen=True):
    """How far the clock is believed."""

    step_ms: int = 2_000
    floor: str = "2026-01-01"


class Screen(_Table, frozen=True):
    """What the screen shows and for how long."""

    language: Literal["id", "en"] = "id"
    result_s: float = 3.0


class Storage(_Table, frozen=True):
    """Room kept for punches when the disk fills up."""

    reserve_mb: int = 16


class KioskConfig(_Table, frozen=True):
    """The whole file."""

    state_dir: str = "/var/lib/hadir"
    policy_file: str = "/etc/hadir/policy.toml"
    site: Site = Site()
    device: Device = Device()
    control: Control = Control()
    sync: Sync = Sync()
    clock: Clock = Clock()
    screen: Screen = Screen()
    storage: Storage = Storage()
    readers: tuple[Reader, ...] = msgspec.field(name="reader", default=())


def read_config(text: str, name: str) -> KioskConfig:
    """The configuration in `text`. Raises `BadFileError` with every fault at once."""
    config = read_toml(text, KioskConfig, name)
    faults = [
        Fault(line_of(text, path), ".".join(map(str, path)), why)
        for path, why in _impossible(config)
    ]
    if faults:
        raise BadFileError(name, faults)
    return config


def _impossible(config: KioskConfig) -> list[tuple[tuple[str | int, ...], str]]:
    faults: list[tuple[tuple[str | int, ...], str]] = []
    for key, value in (("tenant", config.device.tenant), ("id", config.device.id)):
        if not value or any(
            c in "/+#" or not c.isprintable() or c.isspace() for c in value
        ):
            faults.append(
                (
                    ("device", key),
                    f"device.{key}: {value!r} cannot be part of an MQTT topic",
                )
            )
    names = [reader.name for reader in config.readers]
    faults += [
        (("reader", index, "name"), f"two readers are called {name!r}")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if config.sync.host and len(config.sync.centre_key) != 64:
        faults.append(
            (
                ("sync", "centre_key"),
                "sync.centre_key: 64 hex digits, see `hadir-centre key`",
            )
        )
    if not 1 <= config.sync.port <= 65_535:
        faults.append(
            (("sync", "port"), f"sync.port: {config.sync.port} is no port (1 to 65535)")
        )
    if config.sync.window < 1:
        faults.append((("sync", "window"), "sync.window: at least 1"))
    if not 4_096 <= config.sync.batch_bytes <= 1_048_576:
        faults.append((("sync", "batch_bytes"), "sync.batch_bytes: 4096 to 1048576"))
    for key, degrees, most in (
        ("latitude", config.site.latitude, 90),
        ("longitude", config.site.longitude, 180),
    ):
        if degrees is not None and abs(degrees) > most:
            faults.append(
                (("site", key), f"site.{key}: {degrees} degrees, at most {most}")
            )
    return faults
