"""What never gets into the repository."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from tests.house.tracked import ROOT, tracked, tracked_text

PEOPLE_AND_MODELS = {
    ".avi", ".bmp", ".caffemodel", ".dat", ".h5", ".heic", ".jpeg", ".jpg", ".mkv", ".mov", ".mp4", ".onnx",
    ".otf", ".pb", ".pt", ".pth", ".tflite", ".ttc", ".ttf", ".webm", ".webp", ".woff", ".woff2", ".y4m",
}  # fmt: skip
LARGEST_BYTES = 1_000_000
# Written so that this file does not hold what it looks for.
SOMEBODYS_PATH = re.compile(r"(?<![\w.])/(?:work|root|opt/(?:wheels|pypi)|home/\w+)/|[.]py(?:env)/")
REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|npmjs)[.](?:org|com)|(?:deb|security|ftp)[.]debian[.]org|proxy[.]golang[.]",
    re.IGNORECASE,
)
PRIVATE_KEY = re.compile(r"-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}\s+[A-Za-z0-9+/]{20}")


def test_no_photo_clip_font_or_model_is_tracked() -> None:
    assert [name for name in tracked() if PurePosixPath(name).suffix.lower() in PEOPLE_AND_MODELS] == []


def test_pictures_are_screenshots_and_drawings_of_ours() -> None:
    pictures = [name for name in tracked() if PurePosixPath(name).suffix.lower() in {".png", ".gif"}]
    assert [name for name in pictures if PurePosixPath(name).parts[0] not in {"docs", "ui"}] == []


def test_nothing_large_is_tracked() -> None:
    assert [name for name in tracked() if (ROOT / name).stat().st_size > LARGEST_BYTES] == []


@pytest.mark.parametrize(
    "forbidden", [SOMEBODYS_PATH, REGISTRY, PRIVATE_KEY], ids=["path", "registry", "key"]
)
def test_no_file_names_somebodys_machine_a_registry_or_holds_a_key(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{name}: {match.group()}" for name, text in tracked_text() for match in forbidden.finditer(text)
    ]
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    slash = "/"
    assert SOMEBODYS_PATH.search(f"cd {slash}root{slash}x")
    assert SOMEBODYS_PATH.search(f"{slash}home{slash}budi{slash}hadir")
    assert not SOMEBODYS_PATH.search("docs/work/plan")
    assert REGISTRY.search("https:" + "//pypi" + ".org/simple")
    assert PRIVATE_KEY.search("-----BEGIN EC " + "PRIVATE KEY-----\n" + "A" * 40)


def test_scripts_can_be_run() -> None:
    scripts = [name for name in tracked() if name.startswith("scripts/") and name.endswith(".sh")]
    runnable = [*scripts, ".ci/run"]
    assert [name for name in runnable if not (ROOT / name).stat().st_mode & 0o100] == []
