"""Getting to know whatever sensor is on the line: capacity, sizes, model; nothing is assumed."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

from drivers.base.deadline import Deadline
from drivers.base.errors import NotSupported, ProtocolError, Rejected, Timeout
from drivers.base.reader import ReaderInfo
from drivers.r307.library import Parameters, Product, Zfm

log = logging.getLogger(__name__)
FIRST_ANSWER_S = 0.7
PRODUCT_S = 0.15
MAX_CAPACITY = 4096
AGREE_FIRST, AGREE_ANEW, SIZE_TRIES = 2, 4, 6


class Greeting:
    """What is said first on a connection. What a sensor said before is only a guess about the next one."""

    def __init__(self, path: Path, simulated: bool) -> None:
        self._path = path
        self._simulated = simulated
        self._last_bytes = 0

    def greet(self, zfm: Zfm, deadline: Deadline) -> ReaderInfo:
        """Give the password, read the parameters. Raises `Rejected` with `wrong_password`."""
        self._say_password(zfm, deadline)
        product = self._product(zfm, deadline)
        parameters = zfm.read_parameters()
        if not 0 < parameters.capacity <= MAX_CAPACITY:
            raise ProtocolError(f"{self._path}: a capacity of {parameters.capacity}")
        return self._describe(zfm, parameters, product)

    def _say_password(self, zfm: Zfm, deadline: Deadline) -> None:
        """A sensor that has just got power misses what it is told in its first half second.

        One that still has the maker's password becomes ours.
        """
        accepted = None
        while accepted is None:
            zfm.port.deadline = Deadline.after(min(FIRST_ANSWER_S, deadline.left_s))
            try:
                accepted = zfm.ask(zfm.verifyPassword)
            except Timeout:
                deadline.check(str(self._path))
        zfm.port.deadline = deadline
        if not accepted and zfm.claim():
            log.info("%s: a sensor with the maker's password has this kiosk's now", self._path)
        elif not accepted:
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

    def _describe(self, zfm: Zfm, parameters: Parameters, product: Product | None) -> ReaderInfo:
        size = self._size_of_template(zfm, product)
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

    def _size_of_template(self, zfm: Zfm, product: Product | None) -> int:
        """No parameter of older sensors tells it: what they send from a buffer does.

        Data packets carry no number, so one that comes twice is not seen: a new size must be read more often
        than one that was read from the sensor before.
        """
        if product and product.template_bytes:
            return product.template_bytes
        seen = Counter({self._last_bytes: AGREE_ANEW} if self._last_bytes else {})
        for _ in range(SIZE_TRIES):
            size = len(zfm.ask(zfm.downloadCharacteristics, 1))
            seen[size] += 1
            if seen[size] >= (AGREE_ANEW if self._last_bytes else AGREE_FIRST):
                self._last_bytes = size
                return size
        raise ProtocolError(f"{self._path}: templates of another size each time")

    def _read_mark(self, zfm: Zfm) -> bytes | None:
        try:
            return zfm.command(0x19, 0).rstrip(b"\0")
        except (NotSupported, ProtocolError):
            return None
