"""Driver and emulator against recorded bytes, each on its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.base.deadline import Deadline
from drivers.base.errors import Rejected
from drivers.emulated.r307.finger import Pad
from drivers.emulated.r307.flash import Flash, Settings
from drivers.emulated.r307.frame import Decoder
from drivers.emulated.r307.sensor import Sensor
from drivers.r307.library import Parameters, Zfm
from drivers.r307.line import SerialLine
from drivers.r307.port import Port
from tests.drivers.r307.golden import AS608, CAPACITIVE, MANUAL, answered, sent

Dialogue = list[tuple[str, str, str]]


class RecordedLine(SerialLine):
    """Plays a recording: every request must be the recorded one, byte for byte."""

    def __init__(self, dialogue: Dialogue, names: list[str], before: bytes = b"") -> None:
        self._steps = [(sent(dialogue, name), answered(dialogue, name)) for name in names]
        self._incoming = before

    def write(self, data: bytes, deadline: Deadline) -> None:
        request, answer = self._steps.pop(0)
        assert data == request
        self._incoming += answer

    def read(self, deadline: Deadline) -> bytes:
        data, self._incoming = self._incoming, b""
        assert data
        return data

    def waiting(self) -> bytes:
        return b""


def driven(dialogue: Dialogue, *names: str, before: bytes = b"", password: int = 0, capacity: int = 0) -> Zfm:
    port = Port(RecordedLine(dialogue, list(names), before), 0xFFFFFFFF)
    port.begin(Deadline.after(1))
    zfm = Zfm(port, 0xFFFFFFFF, password)
    zfm.parameters = Parameters(0, 0, capacity, 3, 0xFFFFFFFF, 2, 6) if capacity else None
    return zfm


def test_the_driver_reads_a_real_modules_parameters_behind_its_power_on_byte() -> None:
    parameters = driven(CAPACITIVE, "ReadSysPara", before=b"\x55").read_parameters()
    assert parameters.capacity == 100
    assert parameters.security_level == 3
    assert parameters.packet_bytes == 128
    assert parameters.baud_code * 9600 == 57600


def test_the_driver_enrols_with_the_recorded_frames() -> None:
    zfm = driven(CAPACITIVE, "ReadSysPara", "GenImg", "Img2Tz 1", "GenImg", "Img2Tz 2", "RegModel", "Store 0")
    zfm.read_parameters()
    assert zfm.ask(zfm.readImage)
    zfm.ask(zfm.convertImage, 1)
    assert zfm.ask(zfm.readImage)
    zfm.ask(zfm.convertImage, 2)
    assert zfm.ask(zfm.createTemplate)
    assert zfm.ask(zfm.storeTemplate, 0) == 0


def test_the_driver_deletes_and_empties_with_the_recorded_frames() -> None:
    zfm = driven(CAPACITIVE, "ReadSysPara", "DeletChar 1", "Empty", "TemplateNum")
    zfm.read_parameters()
    assert zfm.ask(zfm.deleteTemplate, 1)
    assert zfm.ask(zfm.clearDatabase)
    assert zfm.ask(zfm.getTemplateCount) == 1


def test_the_driver_gives_the_password_with_the_recorded_frame() -> None:
    zfm = driven(AS608, "VfyPwd 0")
    assert zfm.ask(zfm.verifyPassword)


def test_the_driver_reads_the_recorded_match() -> None:
    zfm = driven(AS608, "Search")
    assert zfm.command(0x04, 1, 0, 0, 0, 10) == b"\x00\x01\x00\x38"


def test_the_recorded_comparison_is_a_match_of_275() -> None:
    """Code 0, score 0x0113: not a refusal, as the recording's own note has it."""
    zfm = driven(CAPACITIVE, "Match")
    assert zfm.ask(zfm.compareCharacteristics) == 275


def test_a_recorded_refusal_is_typed() -> None:
    zfm = driven(MANUAL, "VfyPwd wrong", password=1)
    with pytest.raises(Rejected) as refusal:
        zfm.command(0x13, 0, 0, 0, 1)
    assert refusal.value.reason == "wrong_password"


def sensor(**settings: object) -> Sensor:
    return Sensor(Flash(Settings(**settings)), Pad())  # type: ignore[arg-type]


def answer(device: Sensor, request: bytes) -> bytes:
    (frame,) = Decoder().feed(request)
    return b"".join(device.handle(frame).frames)


def with_finger(device: Sensor) -> None:
    device.pad.lift()
    device.pad.put("somebody", "good", until_seen=False)


def with_features(device: Sensor) -> None:
    with_finger(device)
    for name in ("GenImg", "Img2Tz 1", "GenImg", "Img2Tz 2"):
        answer(device, sent(CAPACITIVE, name))


def with_template(device: Sensor) -> None:
    with_features(device)
    answer(device, sent(CAPACITIVE, "RegModel"))
    answer(device, sent(CAPACITIVE, "Store 0"))


def nothing(_device: Sensor) -> None:
    pass


@pytest.mark.parametrize(
    ("dialogue", "name", "prepare"),
    [
        (CAPACITIVE, "TemplateNum", with_template),
        (CAPACITIVE, "GenImg", with_finger),
        (CAPACITIVE, "Img2Tz 1", with_features),
        (CAPACITIVE, "RegModel", with_features),
        (CAPACITIVE, "Store 0", with_features),
        (CAPACITIVE, "DeletChar 1", with_template),
        (CAPACITIVE, "Empty", with_template),
        (AS608, "VfyPwd 0", nothing),
        (MANUAL, "GenImg, no finger", nothing),
        (MANUAL, "VfyPwd wrong", nothing),
        (MANUAL, "DownChar 1", nothing),
        (MANUAL, "Search, nothing", with_features),
    ],
)
def test_the_emulator_answers_as_real_modules_did(
    dialogue: Dialogue, name: str, prepare: Callable[[Sensor], None]
) -> None:
    device = sensor(capacity=100)
    prepare(device)
    assert answer(device, sent(dialogue, name)).hex() == answered(dialogue, name).hex()


def test_the_emulators_parameters_have_the_recorded_layout() -> None:
    device = sensor(capacity=100, packet_bytes=128)
    recorded = answered(CAPACITIVE, "ReadSysPara")
    ours = answer(device, sent(CAPACITIVE, "ReadSysPara"))
    assert len(ours) == len(recorded)
    assert ours[14:26] == recorded[14:26]


def test_the_emulators_delays_are_the_recorded_ones() -> None:
    device = sensor()
    recorded_ms = {
        "GenImg": 184,
        "Img2Tz 1": 296,
        "Search": 47,
        "Store 0": 58,
        "DeletChar 1": 66,
        "Empty": 70,
    }
    for name, delay_ms in recorded_ms.items():
        (frame,) = Decoder().feed(sent(CAPACITIVE, name))
        assert device.handle(frame).delay_ms == pytest.approx(delay_ms, abs=6)
