"""The R307, R503 and ZFM-20 family as a `Reader`."""

from __future__ import annotations

import time
from pathlib import Path

from drivers.base.deadline import Deadline
from drivers.base.errors import NotSupported, ProtocolError, Rejected, Unavailable
from drivers.base.reader import Led, Reader, ReaderInfo, Touch
from drivers.r307.answers import EXPECTED
from drivers.r307.greeting import Greeting
from drivers.r307.library import Zfm
from drivers.r307.line import SerialLine
from drivers.r307.port import UNREADABLE, Port

QUIET_S = 0.03
GAP_S = 0.003
"""An acknowledgement takes 2 ms at 57,600 baud."""

SLOTS_A_PAGE = 256

GENIMG_REFUSALS = frozenset({0x02, 0x03})
IMG2TZ_REFUSALS = EXPECTED[0x02].refusals

RING = {
    Led.OFF: (4, 0, 2, 0),
    Led.READY: (1, 100, 2, 0),
    Led.BUSY: (3, 0, 3, 0),
    Led.ACCEPTED: (2, 40, 2, 2),
    Led.REFUSED: (2, 40, 1, 2),
}
"""Mode, speed, colour (1 red, 2 blue, 3 purple), times: R503 manual 1.2.2, AuraLedConfig."""


class R307Reader(Reader):
    """One sensor on a serial port, driven through pyfingerprint.

    `path` should be a name that udev keeps (`/dev/serial/by-id/...`). `simulated` only marks the device as
    emulated.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        baud: int = 57600,
        address: int = 0xFFFFFFFF,
        password: int = 0,
        simulated: bool = False,
    ) -> None:
        super().__init__(name)
        self._path = path
        self._baud = baud
        self._address = address
        self._password = password
        self._greeting = Greeting(path, simulated)
        self._line: SerialLine | None = None
        self._zfm: Zfm | None = None
        self._template_bytes = 0

    def _open(self, deadline: Deadline) -> ReaderInfo:
        self._line = SerialLine(self._path, self._baud)
        port = Port(self._line, self._address)
        self._zfm = Zfm(port, self._address, self._password)
        port.begin(deadline)
        port.settle(QUIET_S)
        info = self._greeting.greet(self._zfm, deadline)
        self._finish(self._zfm)
        self._template_bytes = info.template_bytes
        return info

    def _close(self) -> None:
        line, self._line, self._zfm = self._line, None, None
        if line is not None:
            line.close()

    def _interrupt(self) -> None:
        line = self._line
        if line is not None:
            line.cancel()

    # Capturing

    def _touch(self, deadline: Deadline) -> Touch | None:
        """Repeats the whole capture when an answer may have belonged to another command."""
        started_s = time.monotonic()
        zfm = self._begin(deadline)
        while self._capture(zfm, 1):
            slot, score = zfm.ask(zfm.searchTemplate)
            if captured(zfm.port.surplus):
                return self._result(slot, score, started_s)
            zfm.port.settle(QUIET_S)
        return None

    def _finger_present(self, deadline: Deadline) -> bool:
        zfm = self._begin(deadline)
        return bool(zfm.ask(zfm.readImage))

    def _enrol_capture(self, step: int, deadline: Deadline) -> bool:
        """Waits for stragglers: a refusal that is noticed only in the next step would spoil the template."""
        zfm = self._begin(deadline)
        while self._capture(zfm, step):
            zfm.port.linger(QUIET_S)
            if not zfm.port.out_of_step:
                return True
            zfm.port.settle(QUIET_S)
        return False

    def _capture(self, zfm: Zfm, buffer: int) -> bool:
        """Image and features; False without a finger."""
        while zfm.ask(zfm.readImage):
            if self._in_step(zfm):
                zfm.ask(zfm.convertImage, buffer)
                if self._in_step(zfm):
                    return True
            zfm.port.settle(QUIET_S)
        return False

    def _in_step(self, zfm: Zfm) -> bool:
        """Whether each command had its own answer; one that follows on its heels is not left for the next."""
        zfm.port.linger(GAP_S)
        return not zfm.port.out_of_step

    def _enrol_search(self, deadline: Deadline) -> Touch:
        started_s = time.monotonic()
        zfm = self._begin(deadline)
        slot, score = zfm.ask(zfm.searchTemplate)
        self._finish(zfm)
        return self._result(slot, score, started_s)

    def _result(self, slot: int, score: int, started_s: float) -> Touch:
        duration_ms = round((time.monotonic() - started_s) * 1000)
        if slot < 0:
            return Touch(None, 0, duration_ms)
        if self._info is not None and slot >= self._info.capacity:
            raise ProtocolError(f"{self._path}: a match in slot {slot}")
        return Touch(slot, score, duration_ms)

    def _enrol_merge(self, deadline: Deadline) -> bytes:
        zfm = self._begin(deadline)
        if not zfm.ask(zfm.createTemplate):
            raise Rejected("different_fingers", "the two captures are not of one finger")
        return self._receive_template(zfm)

    # Templates

    def _store(self, slot: int, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.ask(zfm.storeTemplate, slot, 1)
        self._confirm(zfm, slot, used=True)

    def _upload(self, slot: int, template: bytes, deadline: Deadline) -> None:
        """Read back first: data that was lost on its way leaves another person's template in the buffer."""
        zfm = self._begin(deadline)
        zfm.send_template(template)
        if self._receive_template(zfm) != template:
            raise ProtocolError("the sensor holds another template than it was sent")
        zfm.ask(zfm.storeTemplate, slot, 1)
        self._confirm(zfm, slot, used=True)

    def _download(self, slot: int, deadline: Deadline) -> bytes:
        zfm = self._begin(deadline)
        zfm.ask(zfm.loadTemplate, slot, 1)
        return self._receive_template(zfm)

    def _receive_template(self, zfm: Zfm) -> bytes:
        template = bytes(zfm.ask(zfm.downloadCharacteristics, 1))
        self._finish(zfm)
        if len(template) != self._template_bytes:
            raise ProtocolError(f"a template of {len(template)} bytes, not {self._template_bytes}")
        return template

    def _delete(self, slot: int, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.ask(zfm.deleteTemplate, slot)
        self._confirm(zfm, slot, used=False)

    def _clear(self, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.ask(zfm.clearDatabase)
        if self._used(zfm):
            raise ProtocolError("the sensor is not empty after it was cleared")
        self._finish(zfm)

    def _index(self, deadline: Deadline) -> frozenset[int]:
        zfm = self._begin(deadline)
        used = self._used(zfm)
        self._finish(zfm)
        return used

    def _used(self, zfm: Zfm) -> frozenset[int]:
        pages = -(-zfm.getStorageCapacity() // SLOTS_A_PAGE)
        return frozenset().union(*(self._used_on(zfm, page) for page in range(pages)))

    def _used_on(self, zfm: Zfm, page: int) -> frozenset[int]:
        """One page of the index. `getTemplateIndex` knows four; 3,000 slots have twelve."""
        bits = int.from_bytes(zfm.command(0x1F, page), "little")
        first = page * SLOTS_A_PAGE
        return frozenset(first + n for n in range(SLOTS_A_PAGE) if bits >> n & 1)

    def _confirm(self, zfm: Zfm, slot: int, *, used: bool) -> None:
        """An acknowledgement may have been an earlier command's: the index tells what happened."""
        if (slot in self._used_on(zfm, slot // SLOTS_A_PAGE)) is not used:
            raise ProtocolError(f"slot {slot} did not change")
        self._finish(zfm)

    # The rest

    def _led(self, state: Led, deadline: Deadline) -> None:
        if self.info is None or not self.info.has_led:
            raise NotSupported(f"{self.name}: no light to show {state}")
        zfm = self._begin(deadline)
        zfm.command(0x35, *RING[state])
        self._finish(zfm)

    def _write_mark(self, mark: bytes, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.command(0x18, 0, *mark)
        if zfm.command(0x19, 0) != mark:
            raise NotSupported(f"{self.name}: the sensor does not keep a mark")
        self._finish(zfm)

    def _begin(self, deadline: Deadline) -> Zfm:
        if self._zfm is None:
            raise Unavailable(f"{self.name}: not open")
        self._zfm.port.begin(deadline)
        return self._zfm

    def _finish(self, zfm: Zfm) -> None:
        if zfm.port.out_of_step:
            raise ProtocolError(f"{self._path}: the sensor answers earlier commands")


def captured(surplus: list[int]) -> bool:
    """Whether image and features certainly succeeded, although `surplus` answers were skipped after both.

    The sensor answers in order. So the real answers to GenImg and Img2Tz are two of those that came, in
    order: a refusal of Img2Tz among the skipped may be real, and so may a refusal of GenImg with another
    answer behind it. Then the search may have used the features of whoever came before.
    """
    unsure = IMG2TZ_REFUSALS | {UNREADABLE}
    return not unsure & set(surplus) and not GENIMG_REFUSALS & set(surplus[:-1])
