"""Somebody before the camera: their picture, and what they should do now; also while they are enrolled."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.view import FaceEnrolView, FaceView, GuideView
from ui.box import Box
from ui.mirror import Mark, Mirror
from ui.panes import say
from ui.screens import frame, keys
from ui.screens.halves import coloured
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.strings import Words
from ui.theme import ToneName

_MOVING = {
    "blink": ("eye", "eye_shut"),
    "left": ("turn_left", "turn_left_far"),
    "right": ("turn_right", "turn_right_far"),
    "closer": ("face", "face_near"),
    "up": ("up", "up_far"),
    "down": ("down", "down_far"),
}
_STILL = {
    "back": "face_far", "light": "dry", "glare": "dry", "still": "hand", "straight": "face", "eyes": "eye",
    "nobody": "face", "alone": "people", "less": "face", "front": "face",
}  # fmt: skip
NOTHING = GuideView(0)


@dataclass(frozen=True)
class Instruction:
    """What one face is told."""

    tone: ToneName
    icon: str
    headline: str


def draw(sheet: Sheet, stage: Stage, face: FaceView) -> None:
    """Faces in view: the one that is asked something is spoken to first."""
    guides = sorted(face.guides, key=lambda guide: (not guide.asked, not guide.advice, guide.track))
    first = guides[0] if guides else NOTHING
    told = instruction(sheet.look.words, first, stage.beat)
    plain = coloured(sheet, stage, sheet.look.theme.tone(told.tone), told.icon, told.headline)
    marks = tuple(_mark(sheet, guide, alone=len(guides) == 1) for guide in guides)
    _picture(sheet, stage, plain, marks)


def enrol(sheet: Sheet, stage: Stage, enrolling: FaceEnrolView) -> None:
    """The pose wanted now, and how many are done."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    told = _pose(words, enrolling, stage.beat)
    lead = words("lead.enrol_face")
    plain = coloured(sheet, stage, theme.tone(told.tone), told.icon, told.headline, lead)
    taken = keys.foot(sheet, stage, ("cancel", "cancel"), "cross", say("key.cancel"))
    foot, rest = plain.cut_bottom(m.u(11) + taken)
    _picture(sheet, stage, rest, ())
    inner = foot.cut_bottom(taken)[1].inset(m.u(3), m.u(1))
    column = Column(sheet, inner)
    column.text(enrolling.name, theme.ink, ("body", "label"), "strong")
    column.add(m.u(2), lambda box: _steps(sheet, box, enrolling), gap=m.u(1))
    column.lay()


def instruction(words: Words, guide: GuideView, beat: int) -> Instruction:
    """An act that is asked, else an advice, else to look here."""
    if guide.asked:
        return Instruction("late", _icon(guide.asked, beat), words(words.known("ask", guide.asked)))
    if guide.advice:
        return Instruction("help", _icon(guide.advice, beat), words(words.known("advice", guide.advice)))
    return Instruction("guide", "face", words("face.look"))


def _pose(words: Words, enrolling: FaceEnrolView, beat: int) -> Instruction:
    if enrolling.advice:
        advice = words(words.known("advice", enrolling.advice))
        return Instruction("help", _icon(enrolling.advice, beat), advice)
    return Instruction("guide", _icon(enrolling.pose, beat), words(words.known("pose", enrolling.pose)))


def _icon(word: str, beat: int) -> str:
    return _MOVING[word][beat % 2] if word in _MOVING else _STILL.get(word, "face")


def _mark(sheet: Sheet, guide: GuideView, *, alone: bool) -> Mark:
    told = instruction(sheet.look.words, guide, 0)
    tone = sheet.look.theme.tone(told.tone)
    return Mark(guide.track, tone.fill, tone.on, "" if alone or told.tone == "guide" else told.headline)


def _picture(sheet: Sheet, stage: Stage, area: Box, marks: tuple[Mark, ...]) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    rest = frame.corner(sheet, stage, area)
    box = Box(area.x, rest.y, area.w, rest.h)
    sheet.items.append(Mirror(box, theme.line, stage.shot, marks, m.type("label")))


def _steps(sheet: Sheet, area: Box, enrolling: FaceEnrolView) -> None:
    """A bar for each pose, filled once it is taken."""
    m, theme = sheet.look.metrics, sheet.look.theme
    of = max(1, min(enrolling.of, 9))
    for number, box in enumerate(area.columns(of, m.u(1))):
        sheet.fill(box, theme.accent if number < enrolling.done else theme.line, m.u(1))
