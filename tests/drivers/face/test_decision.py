"""Gallery, operating point and decision, on vectors made up: no picture needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.errors import NotSupported, ProtocolError, Rejected
from drivers.base.face import FaceTemplate, Vector, unit
from drivers.face.calibration import Calibration, calibrate
from drivers.face.decision import OperatingPoint, Outcome, decide, operating_point
from drivers.face.gallery import Gallery, merged

RANDOM = np.random.default_rng(5)
POINT = OperatingPoint(threshold=0.8, margin=0.05, frames=2)


def direction() -> Vector:
    return unit(RANDOM.normal(size=128).astype(np.float32))


def near(vector: Vector, noise: float = 0.02) -> Vector:
    return unit(vector + noise * RANDOM.normal(size=128).astype(np.float32))


@pytest.fixture
def staff() -> dict[str, list[Vector]]:
    return {f"p{number}": [direction()] * 3 for number in range(50)}


def test_staff_are_named_and_strangers_are_not(staff: dict[str, list[Vector]]) -> None:
    gallery = Gallery(staff)
    for name, views in staff.items():
        decision = decide(gallery, [near(views[0]), near(views[0])], POINT)
        assert decision.outcome is Outcome.IDENTIFIED
        assert decision.best is not None
        assert decision.best.person_id == name
    assert decide(gallery, [direction(), direction()], POINT).outcome is Outcome.UNKNOWN


def test_one_frame_is_not_enough(staff: dict[str, list[Vector]]) -> None:
    assert decide(Gallery(staff), [staff["p1"][0]], POINT).outcome is Outcome.WAIT


def test_twins_are_ambiguous_and_enrolment_warns(staff: dict[str, list[Vector]]) -> None:
    staff["twin"] = [near(staff["p7"][0], 0.01)]
    gallery = Gallery(staff)
    assert decide(gallery, [staff["p7"][0]] * 2, POINT).outcome is Outcome.AMBIGUOUS
    alike = gallery.look_alikes(staff["twin"], POINT.threshold, but="twin")
    assert [candidate.person_id for candidate in alike] == ["p7"]


def test_frames_of_two_people_do_not_agree(staff: dict[str, list[Vector]]) -> None:
    one, other = staff["p1"][0], direction()
    decision = decide(Gallery(staff), [one, one, one, other], OperatingPoint(0.8, margin=0.05))
    assert decision.outcome is Outcome.AMBIGUOUS


def test_who_is_looked_at_again_must_be_more_alike() -> None:
    point = operating_point(Calibration.shipped("dlib-resnet-1"), 100)
    assert point.at(1) == point
    assert point.threshold < point.at(2).threshold == point.at(3).threshold < 0.98


def test_a_gallery_is_changed_person_by_person(staff: dict[str, list[Vector]]) -> None:
    names = list(staff)
    whole = Gallery({}).changed({name: staff[name] for name in names[:5]})
    whole = whole.changed({name: staff[name] for name in names[5:]})
    assert whole.person_ids == tuple(names)
    fewer = whole.changed({names[1]: staff[names[2]], names[3]: []}, drop=(names[0],))
    assert set(fewer.person_ids) == {*names} - {names[0], names[3]}
    twins = {one.person_id for one in fewer.best(staff[names[2]][0])}
    assert twins == {names[1], names[2]}
    assert len(fewer.changed({}, drop=names)) == 0


def test_an_empty_gallery_knows_nobody() -> None:
    assert decide(Gallery({}), [direction(), direction()], POINT).outcome is Outcome.UNKNOWN
    assert Gallery({"nobody": []}).best(direction()) == []


def test_disagreeing_pictures_make_a_longer_model() -> None:
    one, other = direction(), direction()
    assert np.linalg.norm(merged([one])) == pytest.approx(1.0, abs=1e-5)
    assert np.linalg.norm(merged([one, other])) > 1.03


@given(st.integers(1, 20_000), st.floats(1e-4, 0.05))
def test_larger_galleries_and_fewer_strangers_need_higher_similarity(people: int, target: float) -> None:
    shipped = Calibration.shipped("dlib-resnet-1")
    threshold = shipped.threshold(people, target)
    assert threshold <= shipped.threshold(people * 2, target)
    assert threshold <= shipped.threshold(people, target / 2)
    per_stranger = 1 - (1 - shipped.false_match(threshold)) ** people
    # A tiny gallery needs a threshold below the fitted tail: there it is only bounded.
    assert per_stranger <= target * 1.05 or threshold == shipped.tail_from


def test_the_tail_is_fitted_where_it_is_known() -> None:
    people = {str(number): [direction() for _ in range(3)] for number in range(300)}
    fitted = calibrate("made-up", people, pictures=3, frames=2, source="test")
    fresh_models = np.array([merged([direction() for _ in range(3)]) for _ in range(1500)])
    fresh_probes = np.array([merged([direction() for _ in range(2)]) for _ in range(1500)])
    passed = (fresh_models @ fresh_probes.T > fitted.threshold(1, 1e-4)).mean()
    assert 0.3e-4 < passed < 3e-4


def test_too_few_people_are_refused() -> None:
    with pytest.raises(Rejected, match="too few"):
        calibrate("x", {str(n): [direction()] * 3 for n in range(20)}, pictures=3, frames=2, source="")


def test_a_calibration_survives_its_file() -> None:
    shipped = Calibration.shipped("dlib-resnet-1")
    assert Calibration.from_json(shipped.to_json()) == shipped
    assert "LFW" in operating_point(shipped, 100).provenance
    with pytest.raises(NotSupported):
        Calibration.shipped("another-engine")
    with pytest.raises(ProtocolError):
        Calibration.from_json('{"family": 3}')


def test_a_template_survives_its_bytes() -> None:
    template = FaceTemplate("dlib-resnet-1", direction())
    again = FaceTemplate.from_bytes(template.to_bytes())
    assert again.family == template.family
    assert np.array_equal(again.vector, template.vector)


@given(st.binary(max_size=64))
def test_other_bytes_are_no_template(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        FaceTemplate.from_bytes(data)
