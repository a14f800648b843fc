"""The sensor's state machine: one frame in, an answer out. No clock, no I/O.

Instruction and confirmation codes: ZFM-20 and R307 user manuals, section 5; R503 manual 1.2.2 for product
information and the ring light. Delays are those of `zfm_dialogue.csv`, recorded from real modules.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.emulated.r307 import finger
from drivers.emulated.r307.codes import (
    BAD_PACKET,
    BAD_PAGE,
    BAD_TEMPLATE,
    DELAYS_MS,
    DIFFERENT_FINGERS,
    NO_FINGER,
    NO_IMAGE,
    NO_MATCH,
    NOT_FOUND,
    OK,
    OTHER_DELAY_MS,
    PASSWORD_FIRST,
    Reply,
)
from drivers.emulated.r307.finger import Pad, Touch
from drivers.emulated.r307.flash import Flash
from drivers.emulated.r307.frame import ACK, COMMAND, DATA, END, Frame, encode
from drivers.emulated.r307.registers import Registers


@dataclass(frozen=True, slots=True)
class Answer:
    """Frames to send after `delay_ms`; `seen` is called when the first of them reached the host whole."""

    delay_ms: float = 0.0
    frames: tuple[bytes, ...] = ()
    seen: Callable[[], None] | None = None


@dataclass
class Sensor:
    """A sensor under power. Everything but its `flash` is lost when the power goes."""

    flash: Flash
    pad: Pad
    registers: Registers = field(init=False)
    image: tuple[Touch, int] | None = None
    buffers: dict[int, bytes] = field(default_factory=dict)
    ring: bytes = b""
    commands: dict[int, int] = field(default_factory=dict)
    _receiving: tuple[int, bytearray] | None = None
    _source: dict[int, Touch] = field(default_factory=dict)
    _seen: Callable[[], None] | None = None
    _data: bytes = b""
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.registers = Registers(self.flash)

    def handle(self, frame: Frame) -> Answer:
        """What the sensor answers to `frame`: nothing when it is not for this sensor."""
        if frame.address != self.flash.settings.address or frame.kind == ACK:
            return Answer()
        if not frame.sound:
            self._receiving = None
            return Answer(OTHER_DELAY_MS, (self._frame(ACK, bytes([BAD_PACKET])),))
        if frame.kind == COMMAND and frame.payload:
            return self._command(frame.payload[0], frame.payload[1:])
        return self._receive(frame)

    def _command(self, code: int, arguments: bytes) -> Answer:
        self._receiving, self._seen, self._data = None, None, b""
        self.commands[code] = self.commands.get(code, 0) + 1
        status, payload = self._dispatch(code, arguments)
        acknowledgement = self._frame(ACK, bytes([status]) + payload)
        frames = (acknowledgement, *self._data_frames(self._data))
        return Answer(DELAYS_MS.get(code, OTHER_DELAY_MS), frames, self._seen)

    def _dispatch(self, code: int, arguments: bytes) -> Reply:
        handler = HANDLERS.get(code)
        if handler is None:
            return BAD_PACKET, b""
        if self.flash.settings.password and not self.registers.verified and code not in (0x13, 0x40):
            return PASSWORD_FIRST, b""
        try:
            return handler(self, arguments)
        except IndexError:
            return BAD_PACKET, b""

    def _receive(self, frame: Frame) -> Answer:
        if self._receiving is None or frame.kind not in (DATA, END):
            return Answer()
        number, data = self._receiving
        data += frame.payload
        if frame.kind == END:
            size = self.flash.settings.template_bytes
            self.buffers[number] = bytes(data[:size]).ljust(size, b"\0")
            self._receiving = None
        return Answer()

    def _frame(self, kind: int, payload: bytes) -> bytes:
        return encode(self.flash.settings.address, kind, payload)

    def _data_frames(self, data: bytes) -> list[bytes]:
        size = self.flash.settings.packet_bytes
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        return [self._frame(END if part is parts[-1] else DATA, part) for part in parts]

    # Capture and comparison

    def _gen_img(self, _arguments: bytes) -> Reply:
        if self.pad.finger is None:
            return NO_FINGER, b""
        self.image = (self.pad.finger, self.pad.next_sample())
        return OK, b""

    def _img2tz(self, arguments: bytes) -> Reply:
        if self.image is None:
            return NO_IMAGE, b""
        touch, sample = self.image
        if status := finger.QUALITIES[touch.quality]:
            self._seen = lambda: self.pad.seen(touch, f"too_{touch.quality}")
            return status, b""
        number = arguments[0]
        self.buffers[number] = finger.features(touch.label, sample, self.flash.settings.template_bytes)
        self._source[number] = touch
        return OK, b""

    def _match(self, _arguments: bytes) -> Reply:
        score = finger.match(self.buffers.get(1, b""), self.buffers.get(2, b""))
        return (OK, score.to_bytes(2, "big")) if score else (NO_MATCH, bytes(2))

    def _search(self, arguments: bytes) -> Reply:
        number, start = arguments[0], int.from_bytes(arguments[1:3], "big")
        stop = start + int.from_bytes(arguments[3:5], "big")
        slot, score = self._best(self.buffers.get(number, b""), start, stop)
        touch = self._source.get(number)
        if touch is not None:
            touch.searches += 1
            self._seen = lambda: self._taken(touch, slot, score)
        if slot is None:
            return NOT_FOUND, bytes(4)
        return OK, slot.to_bytes(2, "big") + score.to_bytes(2, "big")

    def _best(self, probe: bytes, start: int, stop: int) -> tuple[int | None, int]:
        best: tuple[int | None, int] = (None, 0)
        for slot, template in self.flash.templates.items():
            score = finger.match(probe, template)
            if score is not None and start <= slot < stop and score > best[1]:
                best = (slot, score)
        return best

    def _taken(self, touch: Touch, slot: int | None, score: int) -> None:
        touch.taken, touch.slot, touch.score = True, slot, score
        self.pad.seen(touch, "unknown" if slot is None else "matched")

    def _reg_model(self, _arguments: bytes) -> Reply:
        template = finger.merge(self.buffers.get(1, b""), self.buffers.get(2, b""))
        touch = self._source.get(2)
        if touch is not None:
            self._seen = lambda: self.pad.seen(touch, "merged" if template else "different_fingers")
        if template is None:
            return DIFFERENT_FINGERS, b""
        self.buffers[1] = self.buffers[2] = template
        return OK, b""

    # Templates

    def _slot(self, arguments: bytes) -> int | None:
        slot = int.from_bytes(arguments[:2], "big")
        return slot if slot < self.flash.settings.capacity else None

    def _store(self, arguments: bytes) -> Reply:
        slot = self._slot(arguments[1:])
        if slot is None:
            return BAD_PAGE, b""
        if arguments[0] not in self.buffers:
            return BAD_TEMPLATE, b""
        self.flash.store(slot, self.buffers[arguments[0]])
        return OK, b""

    def _load_char(self, arguments: bytes) -> Reply:
        slot = self._slot(arguments[1:])
        if slot is None:
            return BAD_PAGE, b""
        if slot not in self.flash.templates:
            return BAD_TEMPLATE, b""
        self.buffers[arguments[0]] = self.flash.templates[slot]
        self._source.pop(arguments[0], None)
        return OK, b""

    def _up_char(self, arguments: bytes) -> Reply:
        self._data = self.buffers.get(arguments[0], bytes(self.flash.settings.template_bytes))
        return OK, b""

    def _down_char(self, arguments: bytes) -> Reply:
        self._receiving = (arguments[0], bytearray())
        self._source.pop(arguments[0], None)
        return OK, b""

    def _delete(self, arguments: bytes) -> Reply:
        slot, count = self._slot(arguments), int.from_bytes(arguments[2:4], "big")
        if slot is None or slot + count > self.flash.settings.capacity:
            return BAD_PAGE, b""
        for at in range(slot, slot + count):
            self.flash.delete(at)
        return OK, b""

    def _empty(self, _arguments: bytes) -> Reply:
        self.flash.empty()
        return OK, b""

    def _count(self, _arguments: bytes) -> Reply:
        return OK, len(self.flash.templates).to_bytes(2, "big")

    def _index(self, arguments: bytes) -> Reply:
        first = arguments[0] * 256
        if first >= self.flash.settings.capacity:
            return BAD_PAGE, b""
        table = bytearray(32)
        for slot in self.flash.templates:
            if first <= slot < first + 256:
                table[(slot - first) // 8] |= 1 << (slot % 8)
        return OK, bytes(table)

    def _random_code(self, _arguments: bytes) -> Reply:
        return OK, self._random.randbytes(4)

    def _handshake(self, _arguments: bytes) -> Reply:
        return OK, b""

    def _soft_reset(self, _arguments: bytes) -> Reply:
        self.buffers.clear()
        self.image, self.registers.verified = None, False
        return OK, b""

    def _ring_light(self, arguments: bytes) -> Reply:
        if not self.flash.settings.led:
            return BAD_PACKET, b""
        self.ring = arguments[:4]
        return OK, b""


HANDLERS: dict[int, Callable[[Sensor, bytes], Reply]] = {
    0x01: Sensor._gen_img,
    0x02: Sensor._img2tz,
    0x03: Sensor._match,
    0x04: Sensor._search,
    0x05: Sensor._reg_model,
    0x06: Sensor._store,
    0x07: Sensor._load_char,
    0x08: Sensor._up_char,
    0x09: Sensor._down_char,
    0x0C: Sensor._delete,
    0x0D: Sensor._empty,
    0x0E: lambda sensor, arguments: sensor.registers.set_parameter(arguments),
    0x0F: lambda sensor, arguments: sensor.registers.read_parameters(arguments),
    0x12: lambda sensor, arguments: sensor.registers.set_password(arguments),
    0x13: lambda sensor, arguments: sensor.registers.verify_password(arguments),
    0x14: Sensor._random_code,
    0x15: lambda sensor, arguments: sensor.registers.set_address(arguments),
    0x18: lambda sensor, arguments: sensor.registers.write_note(arguments),
    0x19: lambda sensor, arguments: sensor.registers.read_note(arguments),
    0x1B: Sensor._search,
    0x1D: Sensor._count,
    0x1F: Sensor._index,
    0x35: Sensor._ring_light,
    0x3C: lambda sensor, arguments: sensor.registers.product(arguments),
    0x3D: Sensor._soft_reset,
    0x40: Sensor._handshake,
}
