"""pyfingerprint on our port: the only file that imports it.

Its dialogue and framing are used as they are; its serial port is ours, so its loops end (see `Port`).
Parameters that it would ask for before every search are read once. What it lacks is spoken with its own
packets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pyfingerprint.pyfingerprint import (
    FINGERPRINT_COMMANDPACKET,
    FINGERPRINT_DATAPACKET,
    FINGERPRINT_ENDDATAPACKET,
    PyFingerprint,
)

from drivers.base.errors import DeviceError, Full, NotSupported, ProtocolError, Rejected
from drivers.r307.answers import BAD_PACKET, OK
from drivers.r307.port import Port

T = TypeVar("T")

REFUSALS = {
    0x03: ("image_failed", "the image could not be taken"),
    0x04: ("too_dry", "the finger is too dry"),
    0x05: ("too_wet", "the finger is too wet"),
    0x06: ("messy", "the image is smeared"),
    0x07: ("too_few_features", "too little of the finger is on the sensor"),
    0x0A: ("different_fingers", "the two captures are not of one finger"),
    0x0C: ("empty_slot", "no template there"),
    0x13: ("wrong_password", "the sensor has another password"),
    0x15: ("image_failed", "no image in the sensor"),
    0x18: ("flash_error", "the sensor cannot write its memory"),
    0x21: ("password_required", "the sensor wants its password"),
}
NO_ROOM = (0x0B, 0x1F)
PACKET_BYTES = (32, 64, 128, 256)
FACTORY_PASSWORD = 0


@dataclass(frozen=True, slots=True)
class Parameters:
    """The answer to ReadSysPara (R307 user manual, section 4.4), in the library's order."""

    status: int
    system_id: int
    capacity: int
    security_level: int
    address: int
    packet_code: int
    baud_code: int

    @property
    def packet_bytes(self) -> int:
        """The most payload a data packet holds."""
        return PACKET_BYTES[self.packet_code & 3]


@dataclass(frozen=True, slots=True)
class Product:
    """The answer to ReadProdInfo (R503 manual 1.2.2); older sensors do not know the question."""

    model: str
    serial: str
    template_bytes: int

    @classmethod
    def from_bytes(cls, payload: bytes) -> Product:
        """Decode the 46 bytes."""
        serial = payload[20:28]
        name = serial.decode().strip("\0 ") if serial.isascii() and serial.isalnum() else serial.hex()
        model = payload[:16].decode("ascii", "replace").strip("\0 ")
        return cls(model, name, int.from_bytes(payload[42:44], "big"))


class Zfm(PyFingerprint):  # type: ignore[misc]
    """The library with our port instead of its own, and its answers as typed errors."""

    def __init__(self, port: Port, address: int, password: int) -> None:
        # Not super().__init__: it would open a port that nothing bounds.
        self._PyFingerprint__address = address
        self._PyFingerprint__password = password
        self._PyFingerprint__serial = port
        self.port = port
        self.parameters: Parameters | None = None

    def ask(self, method: Callable[..., T], *arguments: object) -> T:
        """Call one of the library's methods; its bare `Exception`s become typed ones."""
        self.port.code = OK
        try:
            return method(*arguments)
        except DeviceError:
            raise
        except Exception as error:
            raise refusal(self.port.code, str(error)) from error

    def command(self, instruction: int, *arguments: int) -> bytes:
        """An instruction that the library does not know: what follows its confirmation code."""
        self.port.code = OK
        self._PyFingerprint__writePacket(FINGERPRINT_COMMANDPACKET, (instruction, *arguments))
        _kind, payload = self._PyFingerprint__readPacket()
        if payload[0] != OK:
            raise refusal(payload[0], f"instruction 0x{instruction:02X} refused")
        return bytes(payload[1:])

    def claim(self) -> bool:
        """Give a sensor that still has the maker's password (0) ours; False when it has another one."""
        ours = self._PyFingerprint__password
        self._PyFingerprint__password = FACTORY_PASSWORD
        try:
            fresh = bool(ours != FACTORY_PASSWORD and self.ask(self.verifyPassword))
        finally:
            self._PyFingerprint__password = ours
        return fresh and bool(self.ask(self.setPassword, ours)) and bool(self.ask(self.verifyPassword))

    def send_template(self, template: bytes) -> None:
        """Into character buffer 1, without reading it back as `uploadCharacteristics` does."""
        self.command(0x09, 1)
        size = self.getMaxPacketSize()
        for at in range(0, len(template), size):
            last = at + size >= len(template)
            kind = FINGERPRINT_ENDDATAPACKET if last else FINGERPRINT_DATAPACKET
            self._PyFingerprint__writePacket(kind, tuple(template[at : at + size]))

    def read_parameters(self) -> Parameters:
        """Ask the sensor; from then on the library gets these without asking."""
        self.parameters = None
        self.parameters = Parameters(*self.ask(self.getSystemParameters))
        return self.parameters

    def getStorageCapacity(self) -> int:  # noqa: N802
        """Instead of one more dialogue before every search."""
        return self.parameters.capacity if self.parameters else int(super().getStorageCapacity())

    def getMaxPacketSize(self) -> int:  # noqa: N802
        """Instead of one more dialogue before every upload."""
        return self.parameters.packet_bytes if self.parameters else int(super().getMaxPacketSize())


def refusal(code: int, message: str) -> DeviceError:
    """The typed error for a confirmation code."""
    if code in REFUSALS:
        reason, text = REFUSALS[code]
        return Rejected(reason, text)
    if code in NO_ROOM:
        return Full("no such slot in the sensor")
    if code == BAD_PACKET:
        return ProtocolError("the sensor received a damaged command")
    return NotSupported(message) if code else ProtocolError(message)
