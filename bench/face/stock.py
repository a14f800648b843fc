"""Stock `face_recognition`, which everything here is compared with."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    from face_recognition import face_distance, face_encodings, face_locations

__all__ = ["face_distance", "face_encodings", "face_locations"]
