"""What `kiosk.toml` may say: every key, its type and its default. Relative paths are under `state_dir`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import ip_network
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.core.checked import BadFileError, Fault, dotted, line_of, read_toml
from kiosk.core.toml_lines import Path
from kiosk.core.zone import ZoneName

Text = Annotated[str, Meta(min_length=1, max_length=120)]
MOST_ADDRESSES = 1024
CAMERA = "camera"
"""What screen and logs call the camera."""
Port = Annotated[int, Meta(ge=1, le=65_535)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Site(_Table, frozen=True):
    """Where the kiosk stands; coordinates in degrees."""

    id: Text = "site"
    name: Text = "Unit kerja"
    zone: ZoneName = "WIB"
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Gps(_Table, frozen=True):
    """A receiver behind gpsd; empty `host`: none is fitted. `radius_m` of the policy is its bound."""

    host: str = ""
    port: Port = 2947


class Device(_Table, frozen=True):
    """Who the kiosk is at the centre."""

    tenant: Text = "default"
    id: Text = "kiosk-1"


class Control(_Table, frozen=True):
    """The two control sockets; who may open them is decided by file permissions.

    Without `admin_group` only the daemon's own user may open the admin socket. `technician_key` is the public
    key, in hex, whose answers give a lost PIN anew, beside the centre's.
    """

    admin_socket: Text = "control.sock"
    ui_socket: Text = "ui.sock"
    admin_group: str = ""
    ui_group: str = ""
    technician_key: str = ""


class Reader(_Table, frozen=True):
    """A fingerprint reader. `simulated` must be said; it is shown wherever the device is."""

    name: Text
    driver: Literal["r307"] = "r307"
    port: Text = "/dev/hadir/r307"
    baud: Annotated[int, Meta(ge=9_600, le=115_200)] = 57_600
    password: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] = 0
    simulated: bool = False
    emulator_control: str | None = None


class Terminal(_Table, frozen=True):
    """A terminal on the network. With `serial` it is found again in `networks` when its address changes."""

    name: Text
    driver: Literal["zk"] = "zk"
    host: Text = "192.168.1.201"
    port: Port = 4370
    udp: bool = False
    serial: str = ""
    networks: tuple[Text, ...] = ()
    comm_key: Annotated[int, Meta(ge=0, le=0xFFFFFFFF)] = 0
    sync_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    set_clock: bool = True
    push_people: bool = False
    share_fingers: bool = False
    clear_log: bool = False
    simulated: bool = False
    emulator_control: str | None = None


class Camera(_Table, frozen=True):
    """The camera of `kiosk-face`; without `driver` none is fitted.

    `source` is /dev/video0, a number, or a stream's URL.
    """

    driver: Literal["", "picamera2", "opencv"] = ""
    source: Text = "/dev/video0"
    width_px: Annotated[int, Meta(ge=320, le=4_096)] = 1_280
    height_px: Annotated[int, Meta(ge=240, le=4_096)] = 720
    fps: Annotated[float, Meta(ge=5, le=60)] = 25.0
    rotation_deg: Literal[0, 90, 180, 270] = 0
    light: Literal["day", "night"] = "day"
    compensation_ev: Annotated[float, Meta(ge=-4, le=4)] = 0.0
    simulated: bool = False
    emulator_control: str | None = None


class Face(_Table, frozen=True):
    """Recognition by face, and the photo beside each punch.

    `false_accept` is the chance for a stranger passing by to be taken for somebody. How long photos are
    kept stands in the policy. `group` is that of kiosk-face, who connects to `socket`.
    """

    enabled: bool = False
    engine: Literal["dlib", "opencv"] = "dlib"
    models_dir: str = "models"
    liveness: Literal["off", "flag", "enforce"] = "enforce"
    false_accept: Annotated[float, Meta(gt=0, le=0.1)] = 0.003
    calibration_file: str = ""
    photos: bool = True
    keep_enrolment_pictures: bool = False
    socket: Text = "face.sock"
    group: str = ""


class Sync(_Table, frozen=True):
    """Delivery to the centre. `centre_key` is the centre's public key in hex; empty `host`: no delivery.

    `brokers` are further ones (`host:port`), tried in turn when `host` is not reached. `metered`: photos wait
    for the courier or for a link that is not. `cert_file` and `key_file` are for a broker that wants the
    kiosk's own certificate.
    """

    host: str = ""
    port: Port = 1883
    brokers: tuple[Text, ...] = ()
    metered: bool = False
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    centre_key: str = ""
    batch_bytes: Annotated[int, Meta(ge=4_096, le=1_048_576)] = 262_144
    window: Annotated[int, Meta(ge=1, le=64)] = 8
    ack_timeout_s: Annotated[float, Meta(ge=0.1, le=600)] = 5.0
    retry_max_s: Annotated[float, Meta(ge=1, le=3_600)] = 60.0


class Courier(_Table, frozen=True):
    """Where a USB stick appears when one is plugged in; empty: sticks are not looked for."""

    folder: str = "/run/hadir/stick"


class Clock(_Table, frozen=True):
    """How far the clock is believed. `rtc_ppm` is the real-time clock's drift; with 0 it is not believed."""

    step_ms: Annotated[int, Meta(ge=100, le=3_600_000)] = 2_000
    floor: str = "2026-01-01"
    rtc_ppm: Annotated[int, Meta(ge=0, le=500)] = 100


class Screen(_Table, frozen=True):
    """What the screen shows and for how long; `speak`: verdicts are spoken too (espeak-ng)."""

    language: Literal["id", "en"] = "id"
    result_s: Annotated[float, Meta(ge=0.5, le=30)] = 3.0
    speak: bool = False


class Storage(_Table, frozen=True):
    """Room kept for punches when the disk fills up."""

    reserve_mb: Annotated[int, Meta(ge=0, le=1_024)] = 16


class KioskConfig(_Table, frozen=True):
    """The whole file."""

    state_dir: Text = "/var/lib/hadir"
    policy_file: Text = "/etc/hadir/policy.toml"
    calendar_file: str = ""
    site: Site = Site()
    gps: Gps = Gps()
    device: Device = Device()
    control: Control = Control()
    camera: Camera = Camera()
    face: Face = Face()
    sync: Sync = Sync()
    courier: Courier = Courier()
    clock: Clock = Clock()
    screen: Screen = Screen()
    storage: Storage = Storage()
    readers: tuple[Reader, ...] = msgspec.field(name="reader", default=())
    terminals: tuple[Terminal, ...] = msgspec.field(name="terminal", default=())


def read_config(text: str, name: str) -> KioskConfig:
    """The configuration in `text`. Raises `BadFileError` with every fault at once."""
    config = read_toml(text, KioskConfig, name)
    faults = [
        Fault(line_of(text, path), dotted(path), f"{dotted(path)}: {why}") for path, why in impossible(config)
    ]
    if faults:
        raise BadFileError(name, faults)
    return config


def impossible(config: KioskConfig) -> Iterator[tuple[Path, str]]:
    """What each value's own type cannot say."""
    for key, value in (("tenant", config.device.tenant), ("id", config.device.id)):
        if any(c in "/+#" or not c.isprintable() or c.isspace() for c in value):
            yield ("device", key), f"{value!r} cannot be part of an MQTT topic: no / + # and no spaces"
    if config.control.technician_key and not _is_key(config.control.technician_key):
        yield ("control", "technician_key"), "64 hex digits are wanted, as `kioskctl admin key` prints them"
    if config.control.admin_socket == config.control.ui_socket:
        yield ("control", "ui_socket"), "the screen needs a socket of its own"
    if (config.site.latitude is None) != (config.site.longitude is None):
        yield ("site", "longitude"), "set latitude and longitude both, or neither"
    if config.gps.host and config.site.latitude is None:
        yield ("gps", "host"), "a GPS needs the site's latitude and longitude to compare with"
    try:
        date.fromisoformat(config.clock.floor)
    except ValueError:
        yield ("clock", "floor"), f"{config.clock.floor!r} is no date such as 2026-01-31"
    yield from _impossible_sync(config.sync)
    yield from _impossible_faces(config)
    yield from _impossible_readers(config.readers)
    yield from _impossible_terminals(config)


def _impossible_sync(sync: Sync) -> Iterator[tuple[Path, str]]:
    if (sync.host or sync.centre_key) and not _is_key(sync.centre_key):
        yield ("sync", "centre_key"), "64 hex digits are wanted, as `hadir-centre key` prints them"
    for broker in sync.brokers:
        host, _, port = broker.rpartition(":")
        if not host or not port.isdigit() or not 1 <= int(port) <= 65_535:
            yield ("sync", "brokers"), f"{broker!r} is no broker such as broker-2.example:8883"
    if sync.brokers and not sync.host:
        yield ("sync", "brokers"), "name the first broker as host and port; these are tried after it"
    if sync.password_file and not sync.username:
        yield ("sync", "password_file"), "a password needs a username"
    if bool(sync.cert_file) != bool(sync.key_file):
        yield ("sync", "cert_file"), "set cert_file and key_file both, or neither"
    if sync.cert_file and not sync.ca_file:
        yield ("sync", "cert_file"), "a certificate of the kiosk needs TLS: set ca_file too"


def _impossible_faces(config: KioskConfig) -> Iterator[tuple[Path, str]]:
    camera, face = config.camera, config.face
    if face.enabled and not camera.driver:
        yield ("face", "enabled"), "recognition needs a camera: set camera.driver"
    if camera.emulator_control is not None and not camera.simulated:
        yield (("camera", "emulator_control"), "only an emulated camera has one; set simulated = true")
    if face.socket in (config.control.admin_socket, config.control.ui_socket):
        yield ("face", "socket"), "kiosk-face needs a socket of its own"


def _is_key(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdefABCDEF" for c in text)


def _impossible_readers(readers: tuple[Reader, ...]) -> Iterator[tuple[Path, str]]:
    for index, reader in enumerate(readers):
        if reader.name in [before.name for before in readers[:index]]:
            yield ("reader", index, "name"), f"two readers are called {reader.name!r}"
        if reader.port in [before.port for before in readers[:index]]:
            yield ("reader", index, "port"), f"two readers are on {reader.port}"
        if reader.emulator_control is not None and not reader.simulated:
            yield (
                ("reader", index, "emulator_control"),
                "only an emulated reader has one; set simulated = true",
            )


def _impossible_terminals(config: KioskConfig) -> Iterator[tuple[Path, str]]:
    taken = [reader.name for reader in config.readers]
    taken += [CAMERA] if config.face.enabled else []
    for index, terminal in enumerate(config.terminals):
        if terminal.name in taken:
            yield ("terminal", index, "name"), f"two devices are called {terminal.name!r}"
        taken.append(terminal.name)
        others = [(before.host, before.port) for before in config.terminals[:index]]
        if (terminal.host, terminal.port) in others:
            yield ("terminal", index, "host"), f"two terminals are at {terminal.host}:{terminal.port}"
        for network in terminal.networks:
            if why := _wrong_network(network):
                yield ("terminal", index, "networks"), why
        if terminal.emulator_control is not None and not terminal.simulated:
            yield (
                ("terminal", index, "emulator_control"),
                "only an emulated terminal has one; set simulated = true",
            )


def _wrong_network(text: str) -> str:
    try:
        many = ip_network(text, strict=False).num_addresses
    except ValueError:
        return f"{text!r} is no network such as 192.168.1.0/24"
    return f"{text!r} has more than {MOST_ADDRESSES} addresses" if many > MOST_ADDRESSES else ""
