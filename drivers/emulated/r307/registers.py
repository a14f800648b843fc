"""The sensor's settings, password, notepad and product information (R307 user manual, section 4.4)."""

from __future__ import annotations

from drivers.emulated.r307.codes import BAD_PACKET, BAD_PAGE, BAD_REGISTER, OK, WRONG_PASSWORD, Reply
from drivers.emulated.r307.flash import Flash

SYSTEM_ID = 0x0009
PACKET_CODES = {32: 0, 64: 1, 128: 2, 256: 3}
NOTE_PAGES, NOTE_BYTES = 16, 32


class Registers:
    """What the host may read and set; `verified` tells whether it has given the password since power-on."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self.verified = False

    def read_parameters(self, _arguments: bytes) -> Reply:
        """ReadSysPara."""
        at = self._flash.settings
        status = 0x0004 if self.verified else 0x0000
        numbers = (status, SYSTEM_ID, at.capacity, at.security)
        tail = PACKET_CODES[at.packet_bytes].to_bytes(2, "big") + (at.baud // 9600).to_bytes(2, "big")
        return OK, b"".join(n.to_bytes(2, "big") for n in numbers) + at.address.to_bytes(4, "big") + tail

    def set_parameter(self, arguments: bytes) -> Reply:
        """SetSysPara: line speed, security level, packet size."""
        number, value = arguments[0], arguments[1]
        at = self._flash.settings
        if number == 4 and 1 <= value <= 12:
            at.baud = 9600 * value
        elif number == 5 and 1 <= value <= 5:
            at.security = value
        elif number == 6 and value <= 3:
            at.packet_bytes = 32 << value
        else:
            return BAD_REGISTER, b""
        self._flash.save_settings()
        return OK, b""

    def verify_password(self, arguments: bytes) -> Reply:
        """VfyPwd."""
        self.verified = int.from_bytes(arguments[:4], "big") == self._flash.settings.password
        return (OK if self.verified else WRONG_PASSWORD), b""

    def set_password(self, arguments: bytes) -> Reply:
        """SetPwd."""
        self._flash.settings.password = int.from_bytes(arguments[:4], "big")
        self._flash.save_settings()
        return OK, b""

    def set_address(self, arguments: bytes) -> Reply:
        """SetAdder."""
        self._flash.settings.address = int.from_bytes(arguments[:4], "big")
        self._flash.save_settings()
        return OK, b""

    def _notes(self) -> bytearray:
        return bytearray(bytes.fromhex(self._flash.settings.notepad).ljust(NOTE_PAGES * NOTE_BYTES, b"\0"))

    def write_note(self, arguments: bytes) -> Reply:
        """WriteNotepad."""
        if arguments[0] >= NOTE_PAGES:
            return BAD_PAGE, b""
        notes, at = self._notes(), arguments[0] * NOTE_BYTES
        notes[at : at + NOTE_BYTES] = arguments[1:33].ljust(NOTE_BYTES, b"\0")
        self._flash.settings.notepad = notes.hex()
        self._flash.save_settings()
        return OK, b""

    def read_note(self, arguments: bytes) -> Reply:
        """ReadNotepad."""
        if arguments[0] >= NOTE_PAGES:
            return BAD_PAGE, b""
        at = arguments[0] * NOTE_BYTES
        return OK, bytes(self._notes()[at : at + NOTE_BYTES])

    def product(self, _arguments: bytes) -> Reply:
        """ReadProdInfo, which only sensors with a ring light know."""
        at = self._flash.settings
        if not at.led:
            return BAD_PACKET, b""
        text = at.model.encode().ljust(16, b"\0") + b"0001" + b"SN000001" + b"\x01\x02"
        sizes = (192, 192, at.template_bytes, at.capacity)
        return OK, text + b"EMULATED" + b"".join(size.to_bytes(2, "big") for size in sizes)
