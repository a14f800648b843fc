"""What a site file becomes: kiosk.toml, policy, certificates and password, each with its place and owner."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core.checked import BadFileError, Fault, line_of, read_text
from kiosk.core.config import KioskConfig
from kiosk.core.config_file import read_config
from kiosk.core.policy_file import read_policy
from kiosk.core.site_file import EXTRA, SiteFile, read_site
from kiosk.core.toml_write import toml_text

ETC = Path("/etc/hadir")
# The daemon's defaults are for one folder that holds everything; an installation keeps things apart.
CONTROL = {
    "admin_socket": "/run/hadir/control.sock",
    "ui_socket": "/run/hadir/ui/ui.sock",
    "admin_group": "hadir-admin",
    "ui_group": "hadir-ui",
}
FACE = {"socket": "/run/hadir/face/face.sock", "group": "hadir-face"}
HEADER = "# Rendered by `kioskctl provision` from {name}: change it there and provision again.\n\n"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One file to be; a `secret` is for kioskd's user alone and never shown."""

    path: Path
    content: bytes
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a site file asks for. kiosk.toml is the last file: it makes the others count."""

    site: SiteFile
    files: tuple[Rendered, ...]
    config: KioskConfig

    @property
    def state_dir(self) -> Path:
        """Where the kiosk keeps its ledger."""
        return Path(self.config.state_dir)

    @property
    def key_file(self) -> Path:
        """The key that the kiosk shows a broker."""
        return self.state_dir / "keys" / "tls.key"

    @property
    def request(self) -> Path:
        """The certificate request for that key."""
        return ETC / "device.csr"


def plan_of(file: Path) -> Plan:
    """What `file` asks for, with all that it names read and checked. Raises `BadFileError`, `OSError`."""
    text = read_text(file.read_bytes(), str(file))
    site = read_site(text, str(file))
    reader = _Beside(file, text)
    tree = {key: value for key, value in tomllib.loads(text).items() if key not in EXTRA}
    files = list(_around(site, reader, tree))
    policy = reader.get("policy", site.policy)
    if policy:
        _check_policy(policy, reader)
        files.append(Rendered(ETC / "policy.toml", policy))
    if reader.faults:
        raise BadFileError(str(file), reader.faults)
    tree["policy_file"] = str(ETC / "policy.toml")
    tree["control"] = CONTROL | tree.get("control", {})
    tree["face"] = FACE | tree.get("face", {})
    rendered = HEADER.format(name=file.name) + toml_text(tree)
    config = read_config(rendered, "kiosk.toml")
    return Plan(site, (*files, Rendered(ETC / "kiosk.toml", rendered.encode())), config)


def _around(site: SiteFile, reader: _Beside, tree: dict[str, Any]) -> Iterator[Rendered]:
    """The files that kiosk.toml names, and their names put into `tree`."""
    sync = tree.setdefault("sync", {})
    state = Path(site.state_dir)
    if site.secrets.broker_password:
        sync["password_file"] = str(state / "mqtt.password")
        yield Rendered(state / "mqtt.password", site.secrets.broker_password.encode() + b"\n", secret=True)
    for key, name, setting in (("authority", "ca.pem", "ca_file"), ("kiosk", "device.pem", "cert_file")):
        pem = reader.pem(key, getattr(site.certificates, key))
        if pem:
            sync[setting] = str(ETC / name)
            yield Rendered(ETC / name, pem)
    if "cert_file" in sync and site.certificates.kiosk:
        sync["key_file"] = str(state / "keys" / "tls.key")
    if not sync:
        del tree["sync"]


class _Beside:
    """Reads what a site file names, collecting what is wrong with it."""

    def __init__(self, file: Path, text: str) -> None:
        self._file, self._text = file, text
        self.faults: list[Fault] = []

    def get(self, key: str, said: str) -> bytes:
        """The text itself, or the file of that name beside the site file; empty after a fault."""
        if "\n" in said:
            return said.encode()
        try:
            return (self._file.parent / said).read_bytes()
        except OSError as error:
            self.fault(key, f"{said}: {error.strerror}")
            return b""

    def pem(self, key: str, said: str) -> bytes:
        """A certificate in PEM; empty when none is named, or after a fault."""
        if not said:
            return b""
        from cryptography import x509

        raw = self.get(f"certificates.{key}", said)
        try:
            if raw:
                x509.load_pem_x509_certificates(raw)
        except ValueError:
            self.fault(f"certificates.{key}", "this is no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        return raw

    def fault(self, key: str, why: str) -> None:
        self.faults.append(Fault(line_of(self._text, tuple(key.split("."))), key, f"{key}: {why}"))


def _check_policy(policy: bytes, reader: _Beside) -> None:
    try:
        read_policy(read_text(policy, "policy"), "policy")
    except BadFileError as error:
        for fault in error.faults:
            reader.fault("policy", str(fault))
