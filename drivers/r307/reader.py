"""The R307, R503 and ZFM-20 family as a `Reader`."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, NotSupported, ProtocolError, Rejected, Timeout
from drivers.base.reader import Led, Reader, ReaderInfo, Touch
from drivers.r307.answers import EXPECTED
from drivers.r307.library import Parameters, Product, Zfm
from drivers.r307.line import SerialLine
from drivers.r307.port import Port

QUIET_S = 0.03
FIRST_ANSWER_S = 0.7
PRODUCT_S = 0.15
MAX_CAPACITY = 4096
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
        self._simulated = simulated
        self._line: SerialLine | None = None
        self._zfm: Zfm | None = None
        self._template_bytes = 0
        self._kind: tuple[int, ...] = ()

    # Connecting

    def _open(self, deadline: Deadline) -> ReaderInfo:
        self._line = SerialLine(self._path, self._baud)
        port = Port(self._line, self._address)
        self._zfm = zfm = Zfm(port, self._address, self._password)
        port.begin(deadline)
        port.settle(QUIET_S)
        self._say_password(zfm, deadline)
        product = self._product(zfm, deadline)
        parameters = zfm.read_parameters()
        self._check(parameters)
        info = self._describe(zfm, parameters, product)
        if port.out_of_step:
            raise ProtocolError(f"{self._path}: the sensor answers earlier commands")
        return info

    def _say_password(self, zfm: Zfm, deadline: Deadline) -> None:
        """A sensor that has just got power misses what it is told in its first half second."""
        accepted = None
        while accepted is None:
            zfm.port.deadline = Deadline.after(min(FIRST_ANSWER_S, deadline.left_s))
            try:
                accepted = zfm.ask(zfm.verifyPassword)
            except Timeout:
                deadline.check(str(self._path))
        zfm.port.deadline = deadline
        if not accepted:
            hint = "this sensor belongs to another kiosk, or `password` in kiosk.toml is wrong"
            raise Rejected("wrong_password", f"{self._path}: the sensor has another password", hint=hint)

    def _product(self, zfm: Zfm, deadline: Deadline) -> Product | None:
        zfm.port.deadline = Deadline.after(min(PRODUCT_S, deadline.left_s))
        try:
            return Product.from_bytes(zfm.command(0x3C))
        except (Timeout, ProtocolError, NotSupported):
            return None
        finally:
            zfm.port.deadline = deadline

    def _check(self, parameters: Parameters) -> None:
        if not 0 < parameters.capacity <= MAX_CAPACITY:
            raise ProtocolError(f"{self._path}: a capacity of {parameters.capacity}")

    def _describe(self, zfm: Zfm, parameters: Parameters, product: Product | None) -> ReaderInfo:
        size = self._size_of_template(zfm, parameters, product)
        return ReaderInfo(
            family="zfm",
            model=product.model if product else f"ZFM 0x{parameters.system_id:04X}",
            serial=product.serial if product else None,
            capacity=parameters.capacity,
            template_bytes=size,
            packet_bytes=parameters.packet_bytes,
            security_level=parameters.security_level,
            template_format=f"zfm-{size}",
            simulated=self._simulated,
            has_led=product is not None,
            mark=self._read_mark(zfm),
        )

    def _size_of_template(self, zfm: Zfm, parameters: Parameters, product: Product | None) -> int:
        """No parameter tells it: what the sensor sends from a buffer does."""
        kind = (parameters.system_id, parameters.capacity, parameters.packet_code)
        if not self._template_bytes or kind != self._kind:
            self._kind = kind
            if product and product.template_bytes:
                self._template_bytes = product.template_bytes
            else:
                self._template_bytes = len(zfm.ask(zfm.downloadCharacteristics, 1))
        return self._template_bytes

    def _read_mark(self, zfm: Zfm) -> bytes | None:
        try:
            return zfm.command(0x19, 0).rstrip(b"\0")
        except (NotSupported, ProtocolError):
            return None

    def _close(self) -> None:
        line, self._line, self._zfm = self._line, None, None
        if line is not None:
            line.close()

    def _interrupt(self) -> None:
        line = self._line
        if line is not None:
            with suppress(OSError):
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
        return self._capture(self._begin(deadline), step)

    def _capture(self, zfm: Zfm, buffer: int) -> bool:
        """Image and features; False without a finger."""
        while zfm.ask(zfm.readImage):
            zfm.ask(zfm.convertImage, buffer)
            if not zfm.port.out_of_step:
                return True
            zfm.port.settle(QUIET_S)
        return False

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

    def _upload(self, slot: int, template: bytes, verify: bool, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.send_template(template)
        if verify and self._receive_template(zfm) != template:
            raise ProtocolError("the sensor holds another template than it was sent")
        zfm.ask(zfm.storeTemplate, slot, 1)
        if verify:
            self._confirm(zfm, slot, used=True)
        self._finish(zfm)

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

    def _set_password(self, password: int, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.ask(zfm.setPassword, password)
        self._password = password
        if not zfm.ask(zfm.verifyPassword):
            raise ProtocolError("the sensor did not take the password")
        self._finish(zfm)

    def _write_mark(self, mark: bytes, deadline: Deadline) -> None:
        zfm = self._begin(deadline)
        zfm.command(0x18, 0, *mark)
        if zfm.command(0x19, 0) != mark:
            raise NotSupported(f"{self.name}: the sensor does not keep a mark")
        self._finish(zfm)

    def _begin(self, deadline: Deadline) -> Zfm:
        if self._zfm is None:
            raise DeviceError(f"{self.name}: not open")
        self._zfm.port.begin(deadline)
        return self._zfm

    def _finish(self, zfm: Zfm) -> None:
        if zfm.port.out_of_step:
            raise ProtocolError(f"{self._path}: the sensor answers earlier commands")


def captured(surplus: list[int]) -> bool:
    """Whether image and features certainly succeeded, although `surplus` answers were skipped after both.

    The sensor answers in order. So the real answers to GenImg and Img2Tz are two of those that came, in order: a
    refusal of Img2Tz among the skipped may be real, and so may a refusal of GenImg with another answer behind it.
    Then the search may have used the features of whoever came before.
    """
    return not IMG2TZ_REFUSALS & set(surplus) and not GENIMG_REFUSALS & set(surplus[:-1])
