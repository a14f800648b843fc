"""The installation's steps as the documentation gives them."""

from __future__ import annotations

import re

from tests.house.tracked import ROOT

_BLOCK = re.compile(r"^```sh\n(tar xf hadir-.*?)^```$", re.MULTILINE | re.DOTALL)


def install_steps(document: str) -> list[str]:
    """The commands of the one block that installs from a bundle."""
    blocks = _BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    assert len(blocks) == 1, f"{document}: {len(blocks)} blocks that install"
    return [line.partition("  #")[0].strip() for line in blocks[0].splitlines() if line.strip()]
