"""Text in a ZKTeco record: UTF-8, ended by a zero byte, padded to a fixed width."""

from __future__ import annotations


def text_of(field: bytes) -> str:
    """The text of a fixed-width field; empty when it is no printable UTF-8, so that nobody is guessed."""
    try:
        text = field.split(b"\0", 1)[0].decode().strip()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def fit(text: str, width_bytes: int) -> bytes:
    """As many whole characters of `text` as fit into `width_bytes` with the zero byte that ends them."""
    return text.encode()[: width_bytes - 1].decode(errors="ignore").encode()
