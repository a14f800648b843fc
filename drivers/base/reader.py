"""A reader: a fingerprint matcher that we drive. It captures, searches, enrols and keeps templates in slots.

Every public method is bounded: by `CALL_S`, or by the `timeout_s` it takes when it waits for a finger. It
raises only the tree of `drivers.base.errors`. After `Unavailable`, `Timeout` or `ProtocolError` the reader
is closed and `open` is the way back; how long to wait before is the caller's choice. After `Rejected`,
`Full`, `NotSupported` and `NoFinger` it stays open. `close` may come from any thread at any time and ends a
call that is under way.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, Full, NotSupported, Rejected, Unavailable
from drivers.base.outage import Outage
from drivers.base.reading import Led, NoFinger, ReaderInfo, Touch

__all__ = ["CALL_S", "Led", "NoFinger", "Reader", "ReaderInfo", "Touch"]

CALL_S = 2.2
"""No call lasts longer, whatever the device does: a typed error comes within 2.5 s, with some to spare."""

STAYS_OPEN = (Rejected, Full, NotSupported)

T = TypeVar("T")


class Reader(ABC):
    """One fingerprint sensor. A driver fills the hooks; each gets a deadline and may raise `DeviceError`s."""

    call_s = CALL_S
    """The deadline of each call."""

    poll_interval_s = 0.05
    """How long to rest between two polls without a finger."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._outage = Outage(name)
        self._info: ReaderInfo | None = None

    @property
    def info(self) -> ReaderInfo | None:
        """What the device said when it was opened; None while closed."""
        return self._info

    def open(self) -> ReaderInfo:
        """Connect and read the device's parameters. Open already: the same again."""
        with self._lock:
            if self._info is None:
                self._woken.clear()
                self._info = self._guard("open", self._open)
                self._outage.works()
            return self._info

    def close(self) -> None:
        """Disconnect. Safe from any thread, in any state; a call under way ends with `Unavailable`."""
        self._woken.set()
        self._interrupt()
        with self._lock:
            self._shut()

    def touch(self) -> Touch | None:
        """One poll: None without a finger, otherwise capture, features and 1:N search.

        Raises `Rejected` with `too_dry`, `too_wet`, `messy`, `too_few_features` or `image_failed` for a
        poor image.
        """
        return self._call("touch", self._touch)

    def finger_present(self) -> bool:
        """Whether a finger is on the sensor: one cheap poll."""
        return self._call("look for a finger", self._finger_present)

    def enrol_capture(self, step: int, timeout_s: float = 10.0) -> None:
        """Wait for a finger and keep its features as capture 1 or 2 (`step`).

        Raises `NoFinger` after `timeout_s`, `Rejected` for a poor image as `touch` does.
        """
        if step not in (1, 2):
            raise ValueError("step is 1 or 2")
        waiting = Deadline.after(timeout_s)
        while not self._call("capture", partial(self._enrol_capture, step)):
            if waiting.passed or self._woken.wait(min(self.poll_interval_s, waiting.left_s)):
                raise NoFinger(f"{self.name}: no finger within {timeout_s:g} s")

    def enrol_search(self) -> Touch:
        """After capture 1: is this finger in the sensor already?"""
        return self._call("search", self._enrol_search)

    def enrol_merge(self) -> bytes:
        """Make one template of both captures and return it, before it is stored anywhere.

        Raises `Rejected` with `different_fingers`.
        """
        return self._call("merge", self._enrol_merge)

    def store(self, slot: int) -> None:
        """Store the merged template in `slot`; verified against the sensor's index."""
        self._call("store", partial(self._store, self._checked(slot)))

    def upload(self, slot: int, template: bytes) -> None:
        """Write a template into `slot`; it is read back before it is stored, so it takes the line twice.

        Raises `Rejected` with `wrong_template_size`.
        """
        info = self._info
        if info is not None and len(template) != info.template_bytes:
            raise Rejected("wrong_template_size", f"{len(template)} bytes, not {info.template_bytes}")
        self._call("upload", partial(self._upload, self._checked(slot), template))

    def download(self, slot: int) -> bytes:
        """The template in `slot`; raises `Rejected` with `empty_slot`."""
        return self._call("download", partial(self._download, self._checked(slot)))

    def delete(self, slot: int) -> None:
        """Empty one slot; verified against the sensor's index. An empty slot is no error."""
        self._call("delete", partial(self._delete, self._checked(slot)))

    def clear(self) -> None:
        """Empty every slot."""
        self._call("clear", self._clear)

    def index(self) -> frozenset[int]:
        """The slots in use."""
        return self._call("index", self._index)

    def led(self, state: Led) -> None:
        """Show `state` on the sensor's light; raises `NotSupported` where there is none."""
        self._call("light", partial(self._led, state))

    def write_mark(self, mark: bytes) -> None:
        """Leave up to 32 bytes in the sensor by which it is known again. Raises `NotSupported`."""
        if len(mark) > 32:
            raise ValueError("a mark has at most 32 bytes")
        self._call("write mark", partial(self._write_mark, mark.ljust(32, b"\0")))

    def _checked(self, slot: int) -> int:
        info = self._info
        if info is not None and not 0 <= slot < info.capacity:
            raise Full(f"{self.name}: slot {slot} of {info.capacity}")
        return slot

    def _call(self, doing: str, hook: Callable[[Deadline], T]) -> T:
        with self._lock:
            if self._info is None:
                raise Unavailable(f"{self.name}: {doing}: not open")
            return self._guard(doing, hook)

    def _guard(self, doing: str, hook: Callable[[Deadline], T]) -> T:
        try:
            return hook(Deadline.after(self.call_s))
        except DeviceError as error:
            if self._info is None or not isinstance(error, STAYS_OPEN):
                self._shut()
                self._outage.failed(error)
            raise
        except OSError as error:
            self._shut()
            gone = Unavailable(f"{self.name}: {doing}: {error}")
            self._outage.failed(gone)
            raise gone from error
        except BaseException:
            self._shut()
            raise

    def _shut(self) -> None:
        self._info = None
        self._close()

    @abstractmethod
    def _open(self, deadline: Deadline) -> ReaderInfo:
        """Connect, check the password, read the parameters."""

    @abstractmethod
    def _close(self) -> None:
        """Release the port. Must be safe in any state and must not raise."""

    @abstractmethod
    def _interrupt(self) -> None:
        """Make a hook that is blocked in another thread raise `Unavailable`. Must not block."""

    @abstractmethod
    def _touch(self, deadline: Deadline) -> Touch | None: ...

    @abstractmethod
    def _finger_present(self, deadline: Deadline) -> bool: ...

    @abstractmethod
    def _enrol_capture(self, step: int, deadline: Deadline) -> bool:
        """One poll; False when there is no finger."""

    @abstractmethod
    def _enrol_search(self, deadline: Deadline) -> Touch: ...

    @abstractmethod
    def _enrol_merge(self, deadline: Deadline) -> bytes: ...

    @abstractmethod
    def _store(self, slot: int, deadline: Deadline) -> None: ...

    @abstractmethod
    def _upload(self, slot: int, template: bytes, deadline: Deadline) -> None: ...

    @abstractmethod
    def _download(self, slot: int, deadline: Deadline) -> bytes: ...

    @abstractmethod
    def _delete(self, slot: int, deadline: Deadline) -> None: ...

    @abstractmethod
    def _clear(self, deadline: Deadline) -> None: ...

    @abstractmethod
    def _index(self, deadline: Deadline) -> frozenset[int]: ...

    def _led(self, state: Led, deadline: Deadline) -> None:
        """May override."""
        raise NotSupported(f"{self.name}: no light to show {state}")

    def _write_mark(self, mark: bytes, deadline: Deadline) -> None:
        """May override."""
        raise NotSupported(f"{self.name}: no room for a mark")
