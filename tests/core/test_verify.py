from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import payload as p
from kiosk.core.proof import Anchor, FaultKind, Kept, SignedHead, Span
from kiosk.core.record import Private, Row
from kiosk.core.verify import Report, verify
from tests.core.chain import CENTRE, DEVICE, ID, STRANGER, Chain, anchor, head, recomputed


def ledger(count: int = 12) -> Chain:
    chain = Chain()
    chain.fill(count // 2)
    chain.seal()
    chain.fill(count - count // 2)
    return chain


def blame(report: Report) -> tuple[int | None, FaultKind | None]:
    assert report.ok == (report.fault is None)
    return report.first_bad_seq, report.fault


def test_a_sound_ledger_has_three_spans() -> None:
    rows = ledger(12).rows
    report = verify(rows, centre_key=CENTRE.public, anchors=[Anchor(*anchor(rows[4]))])
    assert report.ok
    assert (report.ledger_id, report.records, report.device_key) == (ID, 14, DEVICE.public)
    assert (report.anchored, report.signed, report.unproven) == (Span(1, 5), Span(6, 7), Span(8, 14))


def test_a_signed_head_proves_the_tail_and_what_somebody_kept_anchors_it() -> None:
    rows = ledger().rows
    assert verify(rows, head=SignedHead(*head(rows[-1]))).unproven is None
    report = verify(rows, against=[Kept(ID, 9, rows[8].hash.hex(), "receipt")])
    assert (report.anchored, report.unproven) == (Span(1, 9), Span(10, 14))


@given(st.data())
def test_any_byte_changed_is_named(data: st.DataObject) -> None:
    rows = list(ledger().rows)
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    at = data.draw(st.integers(0, len(row.body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != row.body[at]))
    rows[index] = row._replace(body=row.body[:at] + bytes([byte]) + row.body[at + 1 :])
    assert blame(verify(rows)) == (row.seq, "edited")


@given(st.data())
def test_any_changed_hash_is_named(data: st.DataObject) -> None:
    rows = list(ledger().rows)
    index = data.draw(st.integers(0, len(rows) - 1))
    rows[index] = rows[index]._replace(hash=data.draw(st.binary(min_size=32, max_size=32)))
    assert blame(verify(rows)) == (index + 1, "edited")


@given(st.integers(0, 12), st.booleans())
def test_a_row_taken_out_is_named_even_when_the_rest_is_renumbered(index: int, renumber: bool) -> None:
    rows = list(ledger().rows)
    del rows[index]
    if renumber:
        rows = [row._replace(seq=number) for number, row in enumerate(rows, 1)]
    assert blame(verify(rows)) == (index + 1, "missing")


@given(st.integers(0, 13), st.integers(0, 13), st.booleans())
def test_rows_that_changed_places_are_named(a: int, b: int, in_a_database: bool) -> None:
    rows = list(ledger().rows)
    if a == b:
        return
    rows[a], rows[b] = rows[b], rows[a]
    if in_a_database:
        rows = [row._replace(seq=number) for number, row in enumerate(rows, 1)]
    assert blame(verify(rows)) == (min(a, b) + 1, "reordered")


@given(st.integers(0, 13))
def test_a_row_that_stands_twice_is_named(index: int) -> None:
    rows = list(ledger().rows)
    rows.insert(index, rows[index])
    assert blame(verify(rows)) == (index + 1, "reordered")


@given(st.integers(1, 13))
def test_a_cut_tail_is_found_by_whatever_saw_it(length: int) -> None:
    rows = ledger().rows
    last = rows[-1]
    cut = rows[:length]
    assert verify(cut).ok
    assert blame(verify(cut, head=SignedHead(*head(last)))) == (length + 1, "truncated")
    assert blame(verify(cut, against=[Kept(ID, row.seq, row.hash.hex(), "copy") for row in rows])) == (
        length + 1,
        "truncated",
    )
    seen = [Anchor(*anchor(last))]
    assert blame(verify(cut, centre_key=CENTRE.public, anchors=seen)) == (length + 1, "truncated")


@given(st.integers(2, 7))
def test_a_chain_recomputed_without_the_key_breaks_at_the_next_seal(seq: int) -> None:
    rows = recomputed(ledger().rows, seq, b"reason", b"Reason")
    assert blame(verify(rows)) == (1, "recomputed")


def test_a_recomputed_tail_is_found_only_by_what_was_kept_elsewhere() -> None:
    rows = ledger().rows
    forged = recomputed(rows, 11, b"reason", b"Reason")
    report = verify(forged)
    assert (report.ok, report.unproven) == (True, Span(8, 14))
    copy = [Kept(ID, row.seq, row.hash.hex(), "copy") for row in rows]
    assert blame(verify(forged, against=copy)) == (11, "recomputed")
    seen = [Anchor(*anchor(rows[8])), Anchor(*anchor(rows[12]))]
    assert blame(verify(forged, centre_key=CENTRE.public, anchors=seen)) == (10, "recomputed")
    assert blame(verify(forged, head=SignedHead(*head(rows[-1])))) == (1, "recomputed")


def test_a_seal_signed_with_another_key_is_foreign() -> None:
    chain = Chain()
    chain.key = STRANGER
    chain.fill(3)
    chain.seal()
    assert blame(verify(chain.rows)) == (5, "foreign_signature")


def test_a_whole_ledger_forged_with_another_key_is_foreign_where_the_device_is_known() -> None:
    forged = Chain(STRANGER)
    forged.fill(3)
    forged.seal()
    assert verify(forged.rows).ok
    assert blame(verify(forged.rows, device_key=DEVICE.public)) == (1, "foreign_signature")


def test_a_head_signed_with_another_key_is_foreign() -> None:
    rows = ledger().rows
    assert blame(verify(rows, head=SignedHead(*head(rows[-1], STRANGER)))) == (14, "foreign_signature")


@pytest.mark.parametrize(
    ("centre_key", "why"), [(None, "not known here"), (STRANGER.public, "did not sign it")]
)
def test_an_acknowledgement_that_proves_nothing_is_only_noted(centre_key: str | None, why: str) -> None:
    rows = ledger().rows
    report = verify(rows, centre_key=centre_key, anchors=[Anchor(*anchor(rows[-1]))])
    assert report.ok
    assert report.anchored is None
    assert why in report.notes[0]


def test_a_private_part_may_be_absent_only_when_erased() -> None:
    chain = Chain()
    seq = chain.add_person().seq
    chain.fill(2)
    kept = list(chain.rows)
    without = [row._replace(private=None) for row in kept]
    assert verify(kept).ok
    assert blame(verify(without)) == (seq, "missing")
    assert verify(without, privates=False).ok
    chain.add(p.Erased(seqs=(seq,), ledger_id=ID, reason="request"))
    assert verify([row._replace(private=None) for row in chain.rows]).ok


@pytest.mark.parametrize("part", [Private(b"s" * 16, "{}"), Private(b"t" * 16, "x")])
def test_an_edited_private_part_is_named(part: Private) -> None:
    chain = Chain()
    row = chain.add_person()
    chain.rows[-1] = row._replace(private=part)
    assert blame(verify(chain.rows)) == (row.seq, "edited")


def test_a_private_part_beside_a_record_that_has_none_is_named() -> None:
    chain = ledger()
    chain.rows[3] = chain.rows[3]._replace(private=Private(b"", "x"))
    assert blame(verify(chain.rows)) == (4, "edited")


def test_a_ledger_that_does_not_begin_with_a_genesis_is_recomputed() -> None:
    rows = recomputed(ledger().rows, 1, b'"genesis"', b'"stop"')
    assert blame(verify(rows)) == (1, "recomputed")


def test_an_empty_ledger_is_truncated_where_anything_saw_it() -> None:
    rows = ledger().rows
    assert blame(verify([], against=[Kept(ID, 3, rows[2].hash.hex(), "receipt")])) == (1, "truncated")


def test_no_span_reaches_past_the_first_fault() -> None:
    rows = list(ledger().rows)
    rows[3] = Row(4, b"{}", rows[3].hash)
    report = verify(
        rows, centre_key=CENTRE.public, anchors=[Anchor(*anchor(rows[1])), Anchor(*anchor(rows[9]))]
    )
    assert (report.anchored, report.signed, report.unproven) == (Span(1, 2), None, Span(3, 3))
