"""What every test folder shares."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import psutil
import pytest
from hypothesis import HealthCheck, settings

GRACE_S = 5.0
# How quickly examples are made says how busy the machine is, nothing of what is tested.
settings.register_profile("hadir", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hadir")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be missing but pictures of people: a test skipped for what it "needs" fails there."""
    report = yield
    if os.environ.get("CI") and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if reason.startswith("Skipped: needs ") and "FACES_DIR" not in reason:
            report.outcome, report.longrepr = "failed", f"missing in CI: {reason}"
    return report


@pytest.fixture(autouse=True, scope="session")
def nothing_left_running() -> Iterator[None]:
    """A test that starts a process ends it: fail the run that leaves one behind."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    _, alive = psutil.wait_procs([child for child in left if not is_pythons_own(child)], timeout=GRACE_S)
    commands = [" ".join(child.cmdline()) for child in alive if child.is_running()]
    for child in alive:
        child.kill()
    assert commands == []


def is_pythons_own(process: psutil.Process) -> bool:
    """Whether multiprocessing started it for itself, to end with the interpreter."""
    try:
        return "multiprocessing.resource_tracker" in " ".join(process.cmdline())
    except psutil.Error:
        return True
