"""The R307, R503 and ZFM-20 family of serial fingerprint sensors."""

from drivers.r307.reader import R307Reader

__all__ = ["R307Reader"]
