"""Codes of the control socket in a technician's words."""

from __future__ import annotations

from typing import Any

VERDICTS = {
    "on_time": "on time",
    "late": "late",
    "out": "out",
    "early_leave": "early leave",
    "outside": "outside all sessions",
    "time_unknown": "time unknown",
    "duplicate": "again within the window",
    "closed": "refused: closed now",
    "inactive": "refused: not active",
    "unknown_user": "the kiosk does not know this user",
    "extra": "has its punch in this session",
    "attack": "refused: not a living face",
    "unproven": "refused: did not do what was asked",
}
CARDS = {
    "taken": "punch taken",
    "repeat": "already taken",
    "refused": "refused",
    "unknown": "finger not known",
    "unknown_face": "face not known",
    "ambiguous": "two people look alike: asks for digits of the NIP, or a finger",
    "greeting": "greeted, no punch",
    "poor_image": "finger not read well",
    "not_stored": "NOT stored",
    "enrol": "enrolment",
    "refill": "the reader is being filled",
}
FLAGS = {
    "face_differs": "another face on the photo",
    "liveness": "life not proved",
    "digits": "told apart by digits only",
}
CLOCKS = {
    "ntp": "trusted (NTP)",
    "rtc": "trusted (RTC)",
    "gps": "trusted (GPS)",
    "centre": "trusted (centre)",
    "terminal": "trusted (terminal)",
    "courier": "trusted (courier)",
    "operator": "set by an operator",
    "none": "NOT trustworthy",
}
LINKS = {
    "off": "no delivery configured",
    "connecting": "connecting",
    "online": "online",
    "offline": "offline",
    "waiting_approval": "waiting for approval at the centre",
    "refused": "refused by the centre",
}
STEPS = {
    "place": "Put the finger on the reader.",
    "lift": "Lift the finger.",
    "again": "Put the same finger on once more.",
    "poor_image": "Not read well; put it on again.",
    "saved": "Saved.",
}
POSES = {
    "front": "Look straight into the camera.",
    "left": "Turn the head a little to your left.",
    "right": "Turn the head a little to your right.",
    "up": "Raise the chin a little.",
    "down": "Lower the chin a little.",
}
ADVICE = {
    "closer": "Closer.",
    "back": "A step back.",
    "light": "More light on the face.",
    "glare": "Less light on the face.",
    "still": "Hold still.",
    "straight": "Look straight.",
    "eyes": "Open the eyes.",
    "nobody": "Nobody can be seen.",
    "alone": "One person alone.",
    "less": "Not so far.",
}
REASONS = {
    "too_dry": "the finger is too dry: breathe on it",
    "too_wet": "the finger is too wet: dry it",
    "messy": "the image is smeared: wipe finger and glass",
    "too_few_features": "put more of the finger on, flat",
    "different_fingers": "that was another finger",
    "unknown_user": "the kiosk does not know this user: kioskctl terminals map",
    "image_failed": "the image could not be taken: again",
}


def duration(seconds: float) -> str:
    """`seconds` in the two largest units that matter."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes >= 5 or (minutes and not rest) else f"{int(seconds)} s"


def verdict(shown: Any) -> str:
    """A verdict (`Shown` or a `Card`) in words, with the minutes it is about."""
    text = VERDICTS.get(shown.code, str(shown.code).replace("_", " "))
    if shown.late_s:
        return f"{text} {duration(shown.late_s)}"
    return f"{text} {duration(shown.early_s)}" if shown.early_s else text


def number(count: int) -> str:
    """A count with thin groups of three: 1 204."""
    return f"{count:,}".replace(",", " ")


def many(count: int, one: str, more: str = "") -> str:
    """`count` of something: 1 finger, 2 fingers."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"
