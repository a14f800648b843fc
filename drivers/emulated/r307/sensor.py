"""The sensor's state machine: one frame in, an answer out. No clock, no I/O.

Instruction and confirmation codes: ZFM-20 and R307 user manuals, section 5; R503 manual 1.2.2 for product
information and the ring light. Delays are those of `zfm_dialogue.csv`, recorded from real modules.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.emulated.r307 import finger
from drivers.emulated.r307.finger import Pad, Touch
from drivers.emulated.r307.flash import Flash
from drivers.emulated.r307.frame import ACK, COMMAND, DATA, END, Frame, encode

OK, BAD_PACKET, NO_FINGER = 0x00, 0x01, 0x02
NO_MATCH, NOT_FOUND, DIFFERENT_FINGERS, BAD_PAGE, BAD_TEMPLATE = 0x08, 0x09, 0x0A, 0x0B, 0x0C
CANNOT_UPLOAD, WRONG_PASSWORD, NO_IMAGE, BAD_REGISTER, PASSWORD_FIRST = 0x0D, 0x13, 0x15, 0x1A, 0x21

DELAYS_MS = {
    0x01: 190,
    0x02: 300,
    0x03: 28,
    0x04: 47,
    0x05: 12,
    0x06: 58,
    0x0C: 66,
    0x0D: 70,
    0x0F: 16,
    0x18: 58,
}
OTHER_DELAY_MS = 12
SYSTEM_ID = 0x0009
PACKET_CODES = {32: 0, 64: 1, 128: 2, 256: 3}
NOTE_PAGES, NOTE_BYTES = 16, 32


@dataclass(frozen=True, slots=True)
class Answer:
    """Frames to send after `delay_ms`; `seen` is called when the first of them reached the host whole."""

    delay_ms: float = 0.0
    frames: tuple[bytes, ...] = ()
    seen: Callable[[], None] | None = None


Reply = tuple[int, bytes]


@dataclass
class Sensor:
    """A sensor under power. Everything but its `flash` is lost when the power goes."""

    flash: Flash
    pad: Pad
    verified: bool = False
    image: tuple[Touch, int] | None = None
    buffers: dict[int, bytes] = field(default_factory=dict)
    ring: bytes = b""
    commands: dict[int, int] = field(default_factory=dict)
    _receiving: tuple[int, bytearray] | None = None
    _source: dict[int, Touch] = field(default_factory=dict)
    _seen: Callable[[], None] | None = None
    _data: bytes = b""
    _random: random.Random = field(default_factory=lambda: random.Random(1))

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
        if self.flash.settings.password and not self.verified and code not in (0x13, 0x40):
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

    # Settings

    def _read_parameters(self, _arguments: bytes) -> Reply:
        at = self.flash.settings
        status = 0x0004 if self.verified else 0x0000
        numbers = (status, SYSTEM_ID, at.capacity, at.security)
        tail = PACKET_CODES[at.packet_bytes].to_bytes(2, "big") + (at.baud // 9600).to_bytes(2, "big")
        return OK, b"".join(n.to_bytes(2, "big") for n in numbers) + at.address.to_bytes(4, "big") + tail

    def _set_parameter(self, arguments: bytes) -> Reply:
        number, value = arguments[0], arguments[1]
        at = self.flash.settings
        if number == 4 and 1 <= value <= 12:
            at.baud = 9600 * value
        elif number == 5 and 1 <= value <= 5:
            at.security = value
        elif number == 6 and value <= 3:
            at.packet_bytes = 32 << value
        else:
            return BAD_REGISTER, b""
        self.flash.save_settings()
        return OK, b""

    def _verify_password(self, arguments: bytes) -> Reply:
        self.verified = int.from_bytes(arguments[:4], "big") == self.flash.settings.password
        return (OK if self.verified else WRONG_PASSWORD), b""

    def _set_password(self, arguments: bytes) -> Reply:
        self.flash.settings.password = int.from_bytes(arguments[:4], "big")
        self.flash.save_settings()
        return OK, b""

    def _set_address(self, arguments: bytes) -> Reply:
        self.flash.settings.address = int.from_bytes(arguments[:4], "big")
        self.flash.save_settings()
        return OK, b""

    def _notes(self) -> bytearray:
        return bytearray(bytes.fromhex(self.flash.settings.notepad).ljust(NOTE_PAGES * NOTE_BYTES, b"\0"))

    def _write_note(self, arguments: bytes) -> Reply:
        if arguments[0] >= NOTE_PAGES:
            return BAD_PAGE, b""
        notes, at = self._notes(), arguments[0] * NOTE_BYTES
        notes[at : at + NOTE_BYTES] = arguments[1:33].ljust(NOTE_BYTES, b"\0")
        self.flash.settings.notepad = notes.hex()
        self.flash.save_settings()
        return OK, b""

    def _read_note(self, arguments: bytes) -> Reply:
        if arguments[0] >= NOTE_PAGES:
            return BAD_PAGE, b""
        at = arguments[0] * NOTE_BYTES
        return OK, bytes(self._notes()[at : at + NOTE_BYTES])

    def _random_code(self, _arguments: bytes) -> Reply:
        return OK, self._random.randbytes(4)

    def _handshake(self, _arguments: bytes) -> Reply:
        return OK, b""

    def _soft_reset(self, _arguments: bytes) -> Reply:
        self.buffers.clear()
        self.image, self.verified = None, False
        return OK, b""

    def _ring_light(self, arguments: bytes) -> Reply:
        if not self.flash.settings.led:
            return BAD_PACKET, b""
        self.ring = arguments[:4]
        return OK, b""

    def _product(self, _arguments: bytes) -> Reply:
        at = self.flash.settings
        if not at.led:
            return BAD_PACKET, b""
        text = at.model.encode().ljust(16, b"\0") + b"0001" + b"SN000001" + b"\x01\x02"
        sizes = (192, 192, at.template_bytes, at.capacity)
        return OK, text + b"EMULATED" + b"".join(size.to_bytes(2, "big") for size in sizes)


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
    0x0E: Sensor._set_parameter,
    0x0F: Sensor._read_parameters,
    0x12: Sensor._set_password,
    0x13: Sensor._verify_password,
    0x14: Sensor._random_code,
    0x15: Sensor._set_address,
    0x18: Sensor._write_note,
    0x19: Sensor._read_note,
    0x1B: Sensor._search,
    0x1D: Sensor._count,
    0x1F: Sensor._index,
    0x35: Sensor._ring_light,
    0x3C: Sensor._product,
    0x3D: Sensor._soft_reset,
    0x40: Sensor._handshake,
}
