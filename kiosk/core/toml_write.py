"""Writing TOML: tables one or two levels deep, as configurations have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kiosk.core.toml_edit import literal

Tree = Mapping[str, Any]


def toml_text(tree: Tree) -> str:
    """`tree` in the order it has: keys first, then tables, then arrays of tables."""
    return "\n".join(_table(tree, ())).strip("\n") + "\n"


def _table(tree: Tree, path: tuple[str, ...]) -> Iterator[str]:
    for key, value in tree.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{key} = {literal(value)}"
    for key, value in tree.items():
        if _is_table(value):
            yield from ("", f"[{'.'.join((*path, key))}]", *_table(value, (*path, key)))
    for key, value in tree.items():
        for entry in value if _is_tables(value) else ():
            yield from ("", f"[[{'.'.join((*path, key))}]]", *_table(entry, (*path, key)))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)
