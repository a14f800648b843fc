"""`provision --ask`: the few questions that make a site file, each answer checked at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kiosk.core.checked import BadFileError
from kiosk.core.site_file import read_site
from kiosk.core.toml_write import toml_text

POLICIES = ("school", "office")
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    ("device.tenant", "The regency or ministry (kab-jember)", ""),
    ("device.id", "This kiosk's id, one of a kind there (smpn1-lobby)", ""),
    ("site.id", "The site's id (smpn1)", ""),
    ("site.name", "Its name on the screen (SMP Negeri 1 Jember)", ""),
    ("site.latitude", "Latitude in degrees, empty if unknown (-8.1689)", "-"),
    ("site.longitude", "Longitude in degrees (113.7022)", "-"),
    ("site.zone", "Zone: WIB, WITA or WIT", "WIB"),
    ("sync.host", "The broker's name, empty for a kiosk without network", "-"),
    ("sync.port", "Its port", "8883"),
    ("sync.centre_key", "The centre's public key (hadir-centre key prints it)", ""),
    ("sync.username", "User at the broker, empty for none", "-"),
    ("secrets.broker_password", "Its password", ""),
    ("certificates.authority", "The file with the authority's certificate, empty without TLS", "-"),
    ("reader.port", "The fingerprint reader's port, empty for none", "/dev/hadir/r307"),
)
NUMBERS = ("site.latitude", "site.longitude", "sync.port")
ONLY_WITH = {
    "site.longitude": "site.latitude",
    "sync.port": "sync.host",
    "sync.centre_key": "sync.host",
    "sync.username": "sync.host",
    "secrets.broker_password": "sync.username",
    "certificates.authority": "sync.host",
}


def ask(policy_folder: Path, prompt: Callable[..., Any] = click.prompt) -> str:
    """The text of a site file, from the answers; a wrong one is asked again."""
    tree: dict[str, Any] = {}
    for key, words, usual in QUESTIONS:
        if key in ONLY_WITH and _at(tree, ONLY_WITH[key]) is None:
            continue
        _ask_one(tree, key, words, usual, prompt)
    kind = prompt("Policy", type=click.Choice(POLICIES), default=POLICIES[0])
    tree["policy"] = str(policy_folder / f"{kind}.toml")
    return toml_text({"policy": tree.pop("policy"), **tree})


def _ask_one(tree: dict[str, Any], key: str, words: str, usual: str, prompt: Callable[..., Any]) -> None:
    while True:
        default = "" if usual == "-" else usual or None
        said = str(prompt(words, default=default, hide_input=key.endswith("password"))).strip()
        if not said:
            return
        try:
            _put(tree, key, float(said) if key in NUMBERS[:2] else int(said) if key in NUMBERS else said)
        except ValueError:
            click.echo(f"{said!r} is no number", err=True)
            continue
        if not (wrong := _wrong(tree, key)):
            return
        click.echo(wrong, err=True)
        _take(tree, key)


def _wrong(tree: dict[str, Any], key: str) -> str:
    """What is wrong with the answer to `key`, when it is about that key alone."""
    try:
        read_site(toml_text({"policy": "x", **tree}), "answers")
    except BadFileError as error:
        wanted = key.replace("reader.", "reader[1].")
        about = [f.message for f in error.faults if f.key == wanted and "is missing" not in f.message]
        return "; ".join(about) if key != "sync.host" else ""
    return ""


def _put(tree: dict[str, Any], key: str, value: object) -> None:
    table, name = key.split(".")
    if table == "reader":
        tree["reader"] = [{"name": "finger", name: value}]
    else:
        tree.setdefault(table, {})[name] = value


def _take(tree: dict[str, Any], key: str) -> None:
    table, name = key.split(".")
    tree.pop(table) if table == "reader" else tree[table].pop(name)


def _at(tree: dict[str, Any], key: str) -> object:
    table, name = key.split(".")
    return tree.get(table, {}).get(name)
