"""Who imports which vendor library: what the contracts in .importlinter cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from tests.house.tracked import ROOT, tracked

PRODUCT = ("drivers/", "kiosk/", "sync/", "ui/")
# One file imports each of these, and it is one of these.
ONE_FILE = {
    "face_recognition": "drivers/face*/*.py",
    "dlib": "drivers/face*/*.py",
    "paho": "sync/*.py",
    "picamera2": "drivers/*.py",
    "pyfingerprint": "drivers/*.py",
    "zk": "drivers/*.py",
}
# Any number of files may import these, as long as they are some of these.
SOME_FILES = {
    "amqtt": ["kiosk/demo/*.py"],
    "argon2": ["kiosk/daemon/*.py"],
    "cv2": ["drivers/*.py", "kiosk/demo/faces/*.py", "kiosk/face/model_files.py"],
    "psycopg": ["sync/centre/store*"],
    "pygame": ["ui/*.py"],
    "sdnotify": ["kiosk/daemon/*.py", "kiosk/face/pulse.py", "sync/centre/*.py", "ui/main.py"],
    "serial": ["drivers/*.py"],
    # The client reads a ledger for the offline verifier; only the stores write.
    "sqlite3": [
        "kiosk/daemon/store*",
        "kiosk/daemon/schema_of.py",
        "sync/centre/store*",
        "kiosk/ctl/ledger*",
        "kiosk/install/ledger_guard.py",
    ],
    "sqlite_utils": ["kiosk/daemon/store*", "sync/centre/store*"],
}
# kioskd's composition root is the one place in the daemon that knows which drivers there are.
ROOT_OF_KIOSKD = "kiosk/daemon/hardware.py"


def imports(source: str) -> Iterator[str]:
    """Every module the source imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def product() -> list[str]:
    return [name for name in tracked() if name.startswith(PRODUCT) and name.endswith(".py")]


def importers(package: str) -> set[str]:
    return {
        name
        for name in product()
        if any(module.partition(".")[0] == package for module in imports((ROOT / name).read_text("utf-8")))
    }


@pytest.mark.parametrize("package", sorted(ONE_FILE))
def test_one_file_imports_the_vendor_library(package: str) -> None:
    found = importers(package)
    assert len(found) <= 1
    assert [name for name in found if not fnmatch(name, ONE_FILE[package])] == []


@pytest.mark.parametrize("package", sorted(SOME_FILES))
def test_only_its_floor_imports_the_vendor_library(package: str) -> None:
    allowed = SOME_FILES[package]
    assert [name for name in importers(package) if not any(fnmatch(name, glob) for glob in allowed)] == []


def test_only_the_composition_root_knows_concrete_drivers() -> None:
    found = [
        f"{name}: {module}"
        for name in product()
        if name.startswith("kiosk/daemon/") and name != ROOT_OF_KIOSKD
        for module in imports((ROOT / name).read_text("utf-8"))
        if module.startswith("drivers.") and not module.startswith("drivers.base")
    ]
    assert found == []


def test_core_opens_no_file_and_asks_no_clock() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name in product()
        if name.startswith("kiosk/core/")
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"})
            or (isinstance(node.func, ast.Attribute) and node.func.attr in {"now", "today", "utcnow"})
        )
    ]
    assert found == []


def test_an_import_inside_a_function_counts() -> None:
    assert "zk.base" in set(imports("def f():\n    from zk.base import ZK\n"))
    assert set(imports("import paho.mqtt.client as mqtt")) == {"paho.mqtt.client"}
