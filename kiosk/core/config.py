"""What `kiosk.toml` may say: every key, its type and its default. Relative paths are under `state_dir`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.core.zone import ZoneName

Text = Annotated[str, Meta(min_length=1, max_length=120)]
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
