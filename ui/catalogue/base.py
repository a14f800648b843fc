"""The form of the catalogue's parts."""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, tuple[str, str]]
"""A text's key to its Bahasa Indonesia and its English."""
