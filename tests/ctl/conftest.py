import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiosk.ctl.main import run
from tests.ctl.serving import Canned, serving


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def kioskd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    """A control server with canned answers, on the socket that kioskctl will find."""
    monkeypatch.setenv("HADIR_SOCKET", str(tmp_path / "kioskd" / "control.sock"))
    with serving(tmp_path / "kioskd") as (_, handler):
        yield handler


@pytest.fixture
def ctl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call
