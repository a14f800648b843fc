"""The second engine, with a network written here byte by byte: no model is shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers.base.errors import Unavailable
from drivers.face import opencv_engine
from drivers.face.opencv_engine import OpenCVEngine


def field(number: int, payload: bytes | int) -> bytes:
    """One protobuf field: a varint below 128, or bytes."""
    if isinstance(payload, int):
        return bytes([number << 3, payload])
    size = len(payload)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + length + payload


def tensor(name: bytes, *shape: int) -> bytes:
    """An ONNX ValueInfoProto of float32."""
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The mean of each colour: the smallest network with SFace's interface (onnx.proto3, opset 13)."""
    pool = field(1, b"data") + field(2, b"means") + field(4, b"GlobalAveragePool")
    flatten = field(1, b"means") + field(2, b"fc1") + field(4, b"Flatten")
    graph = field(1, pool) + field(1, flatten) + field(2, b"g")
    graph += field(11, tensor(b"data", 1, 3, 112, 112)) + field(12, tensor(b"fc1", 1, 3))
    path = tmp_path / "model.onnx"
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13)))
    return path


@pytest.fixture
def engine(model: Path) -> OpenCVEngine:
    return OpenCVEngine(model, model, lambda _grey, _box: np.zeros((68, 2), np.float32))


def test_an_embedding_is_of_unit_length_and_knows_colours(engine: OpenCVEngine) -> None:
    red, blue = np.zeros((2, 112, 112, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 200
    assert np.linalg.norm(engine.embed(red)) == pytest.approx(1.0, abs=1e-5)
    assert abs(float(engine.embed(red) @ engine.embed(blue))) < 0.01


def test_eyes_nose_and_mouth_land_where_sface_expects_them(engine: OpenCVEngine) -> None:
    points = np.zeros((68, 2), np.float32)
    for slots, place in zip((range(36, 42), range(42, 48), (30,), (48,), (54,)), _tilted(), strict=True):
        points[list(slots)] = place
    canvas = np.zeros((480, 640, 3), np.uint8)
    x, y = (round(float(v)) for v in points[30])
    canvas[y - 3 : y + 4, x - 3 : x + 4] = 255
    chip = engine.align(canvas, points)
    ys, xs = np.nonzero(chip[..., 0] > 128)
    assert (xs.mean(), ys.mean()) == pytest.approx(opencv_engine.REFERENCE[2], abs=1.5)


def _tilted() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The reference points of a larger face, somewhere else and leaning."""
    angle = np.radians(15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(opencv_engine.REFERENCE @ turn.T * 1.7 + (250, 150), np.float32)


def test_a_missing_model_says_how_to_install_it(tmp_path: Path, model: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        OpenCVEngine(tmp_path / "yunet.onnx", model, lambda _grey, _box: np.zeros((68, 2), np.float32))
    assert "put the model file yunet.onnx there" in caught.value.hint


def test_a_damaged_model_is_unavailable(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network at all")
    with pytest.raises(Unavailable, match="cannot load"):
        OpenCVEngine(broken, broken, lambda _grey, _box: np.zeros((68, 2), np.float32))
