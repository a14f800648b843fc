"""One file a device: everything `kioskctl provision` makes a kiosk from.

It says what a kiosk.toml says, in the same words, and what lies around it: the policy, certificates, the
broker's password, who administers it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

from kiosk.core.checked import BadFileError, Fault, dotted, line_of, read_toml
from kiosk.core.config import KioskConfig
from kiosk.core.config_file import impossible
from kiosk.core.toml_lines import Path
from kiosk.core.zone import zones_at

SAID: tuple[Path, ...] = (
    ("device", "tenant"),
    ("device", "id"),
    ("site", "id"),
    ("site", "name"),
    ("site", "zone"),
)
"""What no kiosk has by default."""


class Certificates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PEM files beside this one, or the PEM itself. `own`: the broker wants the kiosk's own certificate."""

    authority: str = ""
    kiosk: str = ""
    own: bool = False


class Secrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes into a file of its own, for kioskd alone."""

    broker_password: str = ""


class SiteFile(KioskConfig, frozen=True, kw_only=True):
    """A kiosk.toml and what lies around it. `policy` is a file beside this one, or the policy itself.

    `admins` are users of the system who may use kioskctl without sudo.
    """

    policy: str
    admins: tuple[str, ...] = ()
    certificates: Certificates = Certificates()
    secrets: Secrets = Secrets()


EXTRA = tuple(
    field.encode_name
    for field in msgspec.structs.fields(SiteFile)
    if field.name not in KioskConfig.__struct_fields__
)
"""The keys that a kiosk.toml does not have."""


def read_site(text: str, name: str) -> SiteFile:
    """The site file in `text`. Raises `BadFileError` with every fault at once."""
    site = read_toml(text, SiteFile, name)
    tree = tomllib.loads(text)
    wrong = [*impossible(site), *_unsaid(tree), *_unlikely(site)]
    if wrong:
        raise BadFileError(
            name, [Fault(line_of(text, path), dotted(path), f"{dotted(path)}: {why}") for path, why in wrong]
        )
    return site


def _unsaid(tree: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for table, key in SAID:
        if key not in tree.get(str(table), {}):
            yield (table, key), "is missing"


def _unlikely(site: SiteFile) -> Iterator[tuple[Path, str]]:
    where = site.site
    if where.longitude is not None and where.zone not in (fitting := zones_at(where.longitude)):
        yield ("site", "zone"), f"at longitude {where.longitude:.1f} it is {' or '.join(fitting)}"
    if site.secrets.broker_password and not site.sync.username:
        yield ("secrets", "broker_password"), "a password needs sync.username"
    if site.secrets.broker_password and site.sync.password_file:
        yield ("secrets", "broker_password"), "sync.password_file names one already: keep one of the two"
    if (site.certificates.kiosk or site.certificates.own) and not site.certificates.authority:
        yield ("certificates", "authority"), "a certificate of the kiosk needs the broker's authority too"
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(site.sync, key) and site.certificates != Certificates():
            yield ("sync", key), "[certificates] says that already: keep one of the two"
