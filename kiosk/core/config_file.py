"""Reading `kiosk.toml`: every fault at once, with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address, ip_network

from kiosk.core.checked import BadFileError, Fault, dotted, line_of, read_toml
from kiosk.core.config import CAMERA, KioskConfig, Reader, Sync
from kiosk.core.toml_lines import Path

MOST_ADDRESSES = 1024
_NO_HOST = "{!r} is neither a name such as broker.example nor an address; the port has a key of its own"


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
    for path, host in (("sync", "host"), config.sync.host), (("gps", "host"), config.gps.host):
        if host and not _is_host(host):
            yield path, _NO_HOST.format(host)
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
        if not _is_host(host) or not port.isdigit() or not 1 <= int(port) <= 65_535:
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


def _is_host(text: str) -> bool:
    """A name or an address. An address of IPv6 may name its interface: fe80::1%eth0."""
    try:
        return bool(ip_address(text))
    except ValueError:
        return bool(text) and all(c.isalnum() or c in "._-" for c in text)


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
        if not _is_host(terminal.host):
            yield ("terminal", index, "host"), _NO_HOST.format(terminal.host)
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
