"""Picture arithmetic through OpenCV, typed."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Pixels
from drivers.base.errors import ProtocolError

MOST_PIXELS = 40_000_000
"""A picture from a file beyond this is not unpacked."""


def grey(rgb: Pixels) -> Pixels:
    """The brightness of an RGB picture."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def small_grey(rgb: Pixels, width_px: int) -> Pixels:
    """The picture in grey and `width_px` wide, never enlarged.

    Halving is the one area average OpenCV has a fast path for; the rest is less than a factor of two.
    """
    reduced = rgb
    while reduced.shape[1] >= 2 * width_px:
        half = (reduced.shape[1] // 2, reduced.shape[0] // 2)
        reduced = np.asarray(cv2.resize(reduced, half, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = reduced.shape[:2]
    small = grey(reduced)
    if width <= width_px:
        return small
    size = (width_px, round(height * width_px / width))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def within(rgb: Pixels, width_px: int, height_px: int) -> Pixels:
    """The picture no larger than that, its shape kept, contiguous; never enlarged."""
    reduced = rgb
    while reduced.shape[1] >= 2 * width_px or reduced.shape[0] >= 2 * height_px:
        half = (reduced.shape[1] // 2, reduced.shape[0] // 2)
        reduced = np.asarray(cv2.resize(reduced, half, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = reduced.shape[:2]
    share = min(width_px / width, height_px / height)
    if share >= 1:
        return np.ascontiguousarray(reduced)
    size = (max(1, int(width * share)), max(1, int(height * share)))
    return np.asarray(cv2.resize(reduced, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def mirrored(rgb: Pixels) -> Pixels:
    """As a mirror shows it."""
    return np.asarray(cv2.flip(rgb, 1), np.uint8)


def to_jpeg(rgb: Pixels, width_px: int, most_bytes: int) -> bytes:
    """The picture as JPEG, at most `width_px` wide, of the best quality from 85 to 35 that fits."""
    bgr = cv2.cvtColor(within(rgb, width_px, 2 * width_px), cv2.COLOR_RGB2BGR)
    jpeg = b""
    for quality in (85, 75, 60, 45, 35):
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(jpeg) <= most_bytes:
            break
    return jpeg


def from_jpeg(data: bytes) -> Pixels:
    """A picture from a file, RGB, turned as its EXIF says; raises `ProtocolError` when it is none."""
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    except cv2.error as error:
        raise ProtocolError("this picture cannot be read") from error
    if bgr is None or bgr.shape[0] * bgr.shape[1] > MOST_PIXELS:
        raise ProtocolError("this is no picture, or far too large a one")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
