"""The lock: complete, by hash, from nowhere in particular, and what is really installed."""

from __future__ import annotations

import configparser
import importlib.metadata
import re
from collections.abc import Set as AbstractSet

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tracked import ROOT, tracked_text

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# Asked for by face_recognition under a name that would be compiled; dlib-bin brings the same module.
SATISFIED_BY = {"dlib": "dlib-bin"}
# Only their pictures are used: what their code would import is left out.
NEVER_IMPORTED = {"scikit-image"}


def locked() -> dict[str, Requirement]:
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*)", LOCK, flags=re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def version(requirement: Requirement) -> str:
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    return pin.version


def wanted() -> list[Requirement]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    return [Requirement(line) for text in lists for line in text.splitlines() if line.strip()]


def test_a_line_is_a_pin_a_hash_or_a_comment() -> None:
    allowed = re.compile(
        r"#.*|[A-Za-z0-9._-]+==[^\s/@]+( ;[^/@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    #.*|"
    )
    assert [line for line in LOCK.splitlines() if not allowed.fullmatch(line)] == []
    assert "://" not in LOCK


@pytest.mark.parametrize(
    "stanza", re.findall(r"^[A-Za-z0-9][^\n]*\n(?:    [^\n]*\n)*", LOCK, flags=re.MULTILINE)
)
def test_every_package_has_hashes(stanza: str) -> None:
    assert "--hash=sha256:" in stanza


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_the_lock_holds_what_setup_cfg_asks_for(requirement: Requirement) -> None:
    pin = locked()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version(pin), prereleases=True)


@pytest.mark.parametrize("name", sorted(locked()))
def test_the_lock_is_closed_and_installed(name: str) -> None:
    pin = locked()[name]
    if pin.marker and not pin.marker.evaluate():
        pytest.skip("not for this interpreter")
    assert importlib.metadata.version(name) == version(pin)
    environment: dict[str, str | AbstractSet[str]] = {"extra": ""}
    environment.update({key: str(value) for key, value in default_environment().items()})
    for line in [] if name in NEVER_IMPORTED else importlib.metadata.requires(name) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            needed = canonicalize_name(requirement.name)
            assert SATISFIED_BY.get(needed, needed) in locked()


def test_what_is_never_imported_is_imported_nowhere() -> None:
    source = "\n".join(text for name, text in tracked_text() if name.endswith(".py"))
    assert not re.search(r"^\s*(import|from) skimage", source, flags=re.MULTILINE)


def test_nothing_would_be_compiled_for_dlib() -> None:
    assert "dlib" not in locked()
    assert "dlib-bin" in locked()
