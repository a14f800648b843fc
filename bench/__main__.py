"""`make bench [NAME=commit]`: run one bench or all of them, a JSON line for each figure."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import cast

import bench
from bench.figure import Figure, emit

HELPERS = {"__main__", "backlog", "drain", "figure", "pair", "postgres", "process", "stage"}


def names() -> list[str]:
    """Every bench there is."""
    return sorted({module.name for module in pkgutil.iter_modules(bench.__path__)} - HELPERS)


def figures(module: ModuleType) -> Iterator[Figure]:
    """What the bench measures, as it comes."""
    return cast("Callable[[], Iterator[Figure]]", module.run)()


def main(wanted: list[str]) -> int:
    """Run the benches named, all without a name; 2 for one that does not exist."""
    known = names()
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in wanted or known:
        for figure in figures(importlib.import_module(f"bench.{name}")):
            emit(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
