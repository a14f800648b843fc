"""A camera that is not where it should be, a kiosk-face that is away, a model file that nobody brought."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.core import facing
from kiosk.core.faces import DETECTOR, RECOGNISER
from kiosk.ctl.main import run
from tests.ctl.doctor.hands import Hands
from tests.e2e.face_client import FaceClient
from tests.e2e.rig import until


class Eye:
    """kiosk-face played by the test: sees what lies in the machine's /dev, comes back to each new kioskd."""

    def __init__(self, hands: Hands) -> None:
        self._hands, self._stop = hands, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            with suppress(OSError):
                client = FaceClient(self._hands.kiosk.root / "face.sock", self._answer)
                while not (client.ended.wait(0.1) or self._stop.is_set()):
                    client.say(facing.Beat(frames=0, busy=False))
                client.close()

    def _answer(self, line: facing.FromDaemon) -> list[facing.FromFace]:
        if not isinstance(line, facing.Setup):
            return []
        source = line.camera.source
        if (self._hands.machine / source.lstrip("/")).exists():
            return [facing.CameraState(status="ready", info=f"opencv {source}")]
        info = f"no camera at {source}; check the cable"
        return [facing.CameraState(status="fault", cause="unavailable", info=info)]


@contextmanager
def faces(hands: Hands, more: str = "") -> Iterator[Eye]:
    """A kiosk that recognises faces by the camera /dev/video0; as it was, afterwards."""
    with hands.kiosk.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[camera]\ndriver = "opencv"\n[face]\nenabled = true\n{more}')
    hands.kiosk.again("kioskd")
    eye = Eye(hands)
    try:
        until(lambda: [d for d in hands.kiosk.status()["devices"]
                       if d["kind"] == "camera" and d["status"] != "starting"])  # fmt: skip
        yield eye
    finally:
        eye.close()
        hands.kiosk.config.write_text(hands.kiosk.healthy, encoding="utf-8")
        hands.kiosk.again("kioskd")


def test_the_camera_is_another_one(hands: Hands) -> None:
    hands.plant("dev/video2", "")
    with faces(hands):
        finding = hands.finding("camera camera")
        assert "there is no /dev/video0, but there is /dev/video2" in finding["words"]
        assert "camera.source /dev/video2" in finding["command"]
        hands.follow(finding)
        hands.well()
    (hands.machine / "dev/video2").unlink()


def test_kiosk_face_is_away(hands: Hands) -> None:
    hands.plant("dev/video0", "")
    with faces(hands) as eye:
        hands.well()
        eye.close()
        until(lambda: hands.faults("devices"))
        finding = hands.finding("camera camera")
        assert "kiosk-face ended" in finding["words"]
        came = list[Eye]()
        hands.plugs["systemctl restart kiosk-face"] = lambda: came.append(Eye(hands))
        hands.follow(finding)
        hands.well()
        came[0].close()
    (hands.machine / "dev/video0").unlink()


def test_a_missing_model_file(hands: Hands) -> None:
    hands.plant("dev/video0", "")
    with faces(hands, 'engine = "opencv"\n'):
        folder = hands.kiosk.root / "models"
        folder.mkdir()
        (folder / DETECTOR).write_bytes(b"a detector")
        finding = hands.finding("models")
        assert RECOGNISER in finding["words"]
        assert DETECTOR not in finding["words"]
        (hands.desk / RECOGNISER).write_bytes(recogniser())
        hands.plugs["systemctl restart kiosk-face"] = lambda: None
        hands.follow(finding, typed="y\n")
        hands.well()
        assert (folder / RECOGNISER).read_bytes() == recogniser()
    (hands.machine / "dev/video0").unlink()


def test_a_file_that_is_no_model_is_refused(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "face.onnx").write_bytes(b"nothing of the kind")
    assert run(["models", "add", str(tmp_path / "face.onnx"), "--yes"]) == 1
    assert not list((hands.kiosk.root / "models").glob("face.onnx"))


def field(number: int, payload: bytes | int) -> bytes:
    """One protobuf field: a varint below 128, or bytes."""
    kind = 0 if isinstance(payload, int) else 2
    tag = _varint(number << 3 | kind)
    return tag + (_varint(payload) if isinstance(payload, int) else _varint(len(payload)) + payload)


def _varint(value: int) -> bytes:
    head, rest = value & 127, value >> 7
    return bytes([head | 128]) + _varint(rest) if rest else bytes([head])


def _ints(name: bytes, *values: int) -> bytes:
    """An attribute of an ONNX node: a list of integers."""
    return field(5, field(1, name) + b"".join(field(8, value) for value in values) + field(20, 7))


def _tensor(name: bytes, *shape: int) -> bytes:
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


def recogniser() -> bytes:
    """A network with SFace's interface, 112 x 112 in, 128 numbers out: a coarse grey picture."""
    grey = field(1, b"data") + field(2, b"grey") + field(4, b"ReduceMean") + _ints(b"axes", 1)
    pool = field(1, b"grey") + field(2, b"small") + field(4, b"AveragePool")
    pool += _ints(b"kernel_shape", 14, 7) + _ints(b"strides", 14, 7)
    flat = field(1, b"small") + field(2, b"fc1") + field(4, b"Flatten")
    graph = field(1, grey) + field(1, pool) + field(1, flat) + field(2, b"g")
    graph += field(11, _tensor(b"data", 1, 3, 112, 112)) + field(12, _tensor(b"fc1", 1, 128))
    return field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13))
