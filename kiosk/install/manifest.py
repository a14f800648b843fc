"""What a bundle says of itself: each file's SHA-256, and an Ed25519 signature over that list.

`manifest` holds a line `SHA256  PATH` for each file, sorted; `manifest.sig` the 64 bytes of the signature
over the manifest's bytes. Keys are files of one hex line a key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from kiosk.install.errors import InstallError

MANIFEST, SIGNATURE = "manifest", "manifest.sig"
CHUNK_BYTES = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  ((?!/)[\w.+@/ -]+)")


def write_manifest(folder: Path, secret_key: Path | None) -> None:
    """List all files of `folder`, and sign the list when there is a key to sign with."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    lines = [f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")
    if secret_key is not None:
        (folder / SIGNATURE).write_bytes(_sign((folder / MANIFEST).read_bytes(), secret_key))


def read_manifest(content: bytes) -> dict[str, str]:
    """SHA-256 by path. Raises `InstallError` for anything but plain relative paths."""
    found = {}
    for line in content.decode("utf-8", errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or ".." in Path(match[2]).parts:
            raise InstallError(
                f"the bundle's list has a strange line: {line[:80]!r}", "copy the bundle again"
            )
        found[match[2]] = match[1]
    return found


def check_signature(content: bytes, signature: bytes, keys: Iterable[str]) -> None:
    """Raises `InstallError` unless one of `keys` (hex) has signed `content`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, content)
        except (InvalidSignature, ValueError):
            continue
        return
    raise InstallError(
        "the bundle is not signed by a key this kiosk trusts",
        "nothing was changed; see docs/install.md, Updates",
    )


def trusted_keys(file: Path) -> list[str]:
    """The public keys in `file`. Raises `InstallError` when there are none."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError) as error:
        raise InstallError(
            f"no key to check updates with: {error}", f"put the update key's .pub at {file}"
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def make_key(secret: Path) -> Path:
    """A new key at `secret` (0600) and its public half beside it, `.pub`. Raises `OSError` if it is there."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    with secret.open("x", encoding="ascii") as file:
        secret.chmod(0o600)
        file.write(key.private_bytes_raw().hex() + "\n")
    public = secret.with_suffix(".pub")
    public.write_text(key.public_key().public_bytes_raw().hex() + "\n", encoding="ascii")
    return public


def sha256(path: Path) -> str:
    """The file's SHA-256, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _sign(content: bytes, secret: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = bytes.fromhex(secret.read_text(encoding="ascii").strip())
    return Ed25519PrivateKey.from_private_bytes(seed).sign(content)
