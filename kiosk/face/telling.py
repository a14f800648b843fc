"""What the pipeline found, as lines for kioskd."""

from __future__ import annotations

from drivers.base.camera import Frame, Pixels
from drivers.face import images
from drivers.face.events import Event, Gone, Guidance, Result, ResultKind
from kiosk.core import facing
from kiosk.face.mirror import in_preview

JPEG_WIDTH_PX, JPEG_BYTES = 640, 60_000
_ALWAYS = (ResultKind.ATTACK, ResultKind.UNPROVEN)
_BESIDE_A_PUNCH = (ResultKind.RECOGNISED, ResultKind.AMBIGUOUS)


def line_of(
    event: Event, frame: Frame, now_s: float, *, photos: bool
) -> facing.Guide | facing.Gone | facing.Seen:
    """The line that tells an event; `frame` is the one it came from, `now_s` monotonic."""
    match event:
        case Guidance():
            return _guide(event, frame.pixels)
        case Gone():
            return facing.Gone(track=event.track)
        case Result():
            return _seen(event, now_s, photos=photos)


def jpeg(pixels: Pixels) -> bytes:
    """A picture as it is kept: small, with its background."""
    return images.to_jpeg(pixels, JPEG_WIDTH_PX, JPEG_BYTES)


def milli(score: float) -> int:
    """A similarity in thousandths."""
    return max(-2_000, min(2_000, round(1000 * score)))


def _guide(event: Guidance, pixels: Pixels) -> facing.Guide:
    height, width = pixels.shape[:2]
    left, top, right, bottom = in_preview(event.box, width, height)
    return facing.Guide(
        track=event.track, left=left, top=top, right=right, bottom=bottom,
        advice=event.advice.value if event.advice else "",
        asked=event.asked.act.value if event.asked else None,
    )  # fmt: skip


def _seen(result: Result, now_s: float, *, photos: bool) -> facing.Seen:
    decision = result.decision
    best, second = decision.best, decision.second
    shown = result.kind in _ALWAYS or (photos and result.kind in _BESIDE_A_PUNCH)
    return facing.Seen(
        kind=result.kind.value,
        track=result.track,
        person_id=best.person_id if best and result.kind is not ResultKind.UNKNOWN else "",
        second_id=second.person_id if second and result.kind is ResultKind.AMBIGUOUS else "",
        score_milli=milli(best.score) if best else 0,
        second_milli=milli(second.score) if second else 0,
        threshold_milli=milli(decision.threshold),
        provenance=result.provenance,
        frames=result.usable_frames,
        suspect=result.suspect,
        evidence=result.evidence,
        age_ms=max(0, round(1000 * (now_s - result.at_s))),
        took_ms=max(0, round(1000 * (result.at_s - result.first_s))),
        attempt=result.attempt,
        again=result.again,
        jpeg=jpeg(result.frame) if shown else b"",
    )
