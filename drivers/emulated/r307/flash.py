"""What the sensor keeps without power: templates, password, address, notepad. Optionally in a file.

The file starts with a page of JSON, followed by one record a slot (a byte telling that it is used, then the
template), so that storing one template among a thousand writes one record.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

PAGE_BYTES = 4096


@dataclass(slots=True)
class Settings:
    """What kind of sensor it is and how it is set."""

    model: str = "R307"
    capacity: int = 1000
    template_bytes: int = 768
    packet_bytes: int = 128
    security: int = 3
    baud: int = 57600
    password: int = 0
    address: int = 0xFFFFFFFF
    led: bool = False
    notepad: str = ""

    @classmethod
    def read(cls, page: bytes) -> Settings:
        """Settings from the first page of a state file."""
        stored = json.loads(page.rstrip(b"\0"))
        return cls(**{field.name: stored[field.name] for field in fields(cls)})


class Flash:
    """The templates of one sensor, by slot."""

    def __init__(self, settings: Settings, path: Path | None = None, *, fresh: bool = False) -> None:
        self.settings = settings
        self.templates: dict[int, bytes] = {}
        self._fd = (
            -1
            if path is None
            else os.open(path, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if fresh else 0), 0o600)
        )
        if self._fd >= 0 and os.fstat(self._fd).st_size:
            self._load()
        else:
            self.save_settings()

    def store(self, slot: int, template: bytes) -> None:
        """Write one template."""
        self.templates[slot] = template
        self._write(PAGE_BYTES + slot * self._record_bytes, b"\1" + template)

    def delete(self, slot: int) -> None:
        """Forget one template."""
        if self.templates.pop(slot, None) is not None:
            self._write(PAGE_BYTES + slot * self._record_bytes, bytes(self._record_bytes))

    def empty(self) -> None:
        """Forget all templates."""
        for slot in list(self.templates):
            self.delete(slot)

    def save_settings(self) -> None:
        """Write the settings' page."""
        self._write(0, json.dumps(asdict(self.settings)).encode().ljust(PAGE_BYTES, b"\0"))

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def _record_bytes(self) -> int:
        return 1 + self.settings.template_bytes

    def _load(self) -> None:
        self.settings = Settings.read(os.pread(self._fd, PAGE_BYTES, 0))
        for slot in range(self.settings.capacity):
            record = os.pread(self._fd, self._record_bytes, PAGE_BYTES + slot * self._record_bytes)
            if record[:1] == b"\1":
                self.templates[slot] = record[1:]

    def _write(self, offset: int, data: bytes) -> None:
        if self._fd >= 0:
            os.pwrite(self._fd, data, offset)
