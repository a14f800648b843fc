"""docs/features.md: twenty rows, and every test it points at exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")


def test_each_of_the_twenty_rows_has_its_line() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == [str(n) for n in range(1, 21)]


def test_every_test_the_page_points_at_exists() -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, (path, name)
